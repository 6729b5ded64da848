import type { ReplayEvent } from "../../base/replay.js";
import { type Bytes, bytes, type Cycles, cycles } from "../../base/units.js";
import { TICKS } from "../../target/crossbar-target.js";
import type { CrossbarPlan, CrossbarProblem, Load } from "./plan.js";
import type { Taken } from "./replay-cells.js";

/** Crossbars whose loads are told, and events of all of them. */
const MOST_CROSSBARS = 48;
const MOST_EVENTS = 12_000;

export const tick = (seconds: number): Cycles => cycles(Math.round(seconds * TICKS));

/** What is told of a run: the link, and crossbars from all over the chip; fewer of them where they have many loads. */
export function eventsOf(
  { layers }: CrossbarProblem,
  sequences: CrossbarPlan["sequences"],
  { weightBytes, indexBytes }: Taken,
): { readonly shown: readonly number[]; readonly events: readonly ReplayEvent[] } {
  const longest = sequences.reduce((most, loads) => Math.max(most, loads.length), 1);
  const count = Math.max(1, Math.min(MOST_CROSSBARS, sequences.length, Math.floor(MOST_EVENTS / (4 * longest))));
  const shown = Array.from({ length: count }, (_, k) => Math.floor((k * sequences.length) / count));
  const events: ReplayEvent[] = [];
  const begins = [0];
  for (const loads of sequences) begins.push(begins.at(-1)! + loads.length);
  shown.forEach((x, resource) => {
    sequences[x]!.forEach((load, k) => {
      const { name } = layers[load.layer]!;
      const at = begins[x]! + k;
      const add = (kind: ReplayEvent["kind"], { start, end }: Load["fire"], more: Partial<ReplayEvent> = {}) => {
        const span = { start: tick(start), end: tick(end) };
        if (span.end > span.start)
          events.push({ resource: kind === "fetch" ? 0 : resource + 1, ...span, name, kind, step: load.layer, ...more });
      };
      const size: Bytes = bytes(weightBytes[at]! + indexBytes[at]!);
      add("fetch", load.fetch, { cause: "programming", size });
      add("program", load.program);
      add("compute", load.fire);
    });
  });
  return { shown, events: events.sort((a, b) => a.start - b.start || a.resource - b.resource) };
}
