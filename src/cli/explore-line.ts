import type { Result, Space } from "../api.js";

const ERASE_LINE = "\r\x1b[2K";
const REDRAW_MILLISECONDS = 250;

/** `2:05` */
const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** How far a search of a space is and how long it will take, on one line of a terminal that rewrites itself; nothing elsewhere. */
export function exploreLine(
  { points }: Space,
  found: ReadonlyMap<number, Result>,
): { readonly show: () => void; readonly clear: () => void } {
  const terminal = process.stderr;
  if (!terminal.isTTY) return { show: () => {}, clear: () => {} };
  const since = performance.now();
  const before = found.size;
  let drawn = 0;
  return {
    show() {
      const now = performance.now();
      if (now - drawn < REDRAW_MILLISECONDS) return;
      drawn = now;
      const seconds = (now - since) / 1000;
      const left = ((points.length - found.size) * seconds) / Math.max(1, found.size - before);
      const pruned = [...found.values()].filter(({ status }) => status === "pruned").length;
      const words = [`${found.size} of ${points.length} points`, `${pruned} pruned`, clock(seconds), `about ${clock(left)} left`];
      terminal.write(`${ERASE_LINE}${words.join("  ").slice(0, (terminal.columns || 80) - 1)}`);
    },
    clear: () => void (drawn > 0 && terminal.write(ERASE_LINE)),
  };
}
