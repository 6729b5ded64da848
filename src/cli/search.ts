import { fail } from "../base/diagnostic.js";
import { start } from "../node/thread.js";
import { bytesText, percentText, printable } from "../report/format.js";
import type { Progress } from "../search/budget.js";
import { EXIT, type Finished, failed } from "./finish.js";

/**
 * Runs a search in a thread. The first Ctrl-C asks it for the best it has, the second ends it at once.
 *
 * @param entry the module that serves the job
 * @param seconds after these it is asked, too
 */
export async function search<Input>(entry: URL, input: Input, seconds: number): Promise<Finished> {
  const line = progressLine(seconds);
  const running = start<Input, Finished>(entry, input, seconds, line.show);
  let interrupts = 0;
  const interrupt = () => {
    interrupts++;
    if (interrupts > 1) return running.abort();
    line.clear();
    process.stderr.write("stopping with the best plan so far; Ctrl-C again aborts\n");
    running.stop();
  };
  process.on("SIGINT", interrupt);
  try {
    return await running.result;
  } catch (error) {
    if (interrupts < 2) throw error;
    return failed(EXIT.noPlan, [
      fail("CLI-44", "Ctrl-C", "the search was aborted, no plan was kept", "press Ctrl-C once to keep the best plan so far"),
    ]);
  } finally {
    process.off("SIGINT", interrupt);
    line.clear();
  }
}

/** Incumbent, bound, gap and elapsed time, on one line of a terminal that rewrites itself; nothing elsewhere. */
function progressLine(seconds: number): { readonly show: (p: Progress) => void; readonly clear: () => void } {
  const terminal = process.stderr;
  if (!terminal.isTTY) return { show: () => {}, clear: () => {} };
  const since = performance.now();
  let latest: Progress | undefined;
  const draw = () => {
    if (latest === undefined) return;
    const elapsed = `${((performance.now() - since) / 1000).toFixed(1)} of ${seconds} s`;
    const words = [...progressWords(latest), elapsed].join("  ");
    terminal.write(`${ERASE_LINE}${words.slice(0, (terminal.columns || 80) - 1)}`);
  };
  const clock = setInterval(draw, REDRAW_MILLISECONDS);
  return {
    show: (progress) => {
      latest = progress;
      draw();
    },
    clear: () => {
      clearInterval(clock);
      if (latest !== undefined) terminal.write(ERASE_LINE);
      latest = undefined;
    },
  };
}

const ERASE_LINE = "\r\x1b[2K";
const REDRAW_MILLISECONDS = 500;

function progressWords({ phase, incumbent, bound, unit }: Progress): readonly string[] {
  const figure = (n: number) => (unit === "B" ? bytesText(n) : unit === undefined ? String(n) : `${n} ${unit}`);
  return [
    printable(phase),
    ...(incumbent === undefined ? [] : [`best ${figure(incumbent)}`]),
    ...(bound === undefined ? [] : [`bound ${figure(bound)}`]),
    ...(incumbent === undefined || bound === undefined
      ? []
      : [`gap ${percentText((incumbent - bound) / Math.max(1, Math.abs(incumbent)))}`]),
  ];
}
