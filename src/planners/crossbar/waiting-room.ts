import { SUM_BYTES, sharedOut, WAITING_SHARE } from "../../cost/crossbar/firing.js";
import type { Loads } from "./loads.js";
import type { CrossbarProblem, LayerId, Load, Mapping } from "./plan.js";
import { type Shop, schedule, shopOf } from "./schedule.js";

/** How many loads add to a sum. */
type Laid = Pick<Mapping, "spread" | "rounds">;

/** The table of an assembly, or how much more waits on chip at once than the buffer has room for. */
export type Tabled =
  | ({ readonly kind: "fits" } & ReturnType<typeof schedule>)
  | { readonly kind: "overflows"; readonly bytes: number; readonly room: number };

/**
 * Gives all loads their times. Where the sums of layers that fire at the same time have no room in their part of the buffer, such layers fire one after the other.
 *
 * @param mappings of all layers.
 * @param inferences of the table.
 */
export function timetable(problem: CrossbarProblem, mappings: readonly Laid[], loads: Loads, inferences: number): Tabled {
  const room = problem.machine.buffer * WAITING_SHARE;
  const sums = mappings.map((mapping, l) => sumsOf(problem, l, mapping));
  const shop = shopOf(problem);
  let table = schedule(loads, inferences, shop);
  if (mostSums(table.sequences, sums, inferences) > problem.machine.buffer - room)
    table = schedule(loads, inferences, inSingleFile(shop, sums));
  const waits = { start: new Float64Array(loads.bytes.length), end: new Float64Array(loads.bytes.length), size: loads.bytes };
  let at = 0;
  for (const sequence of table.sequences)
    for (const { fetch, program } of sequence) {
      waits.start[at] = fetch.start;
      waits.end[at++] = program.end;
    }
  const bytes = mostAtOnce(waits);
  return bytes > room ? { kind: "overflows", bytes, room } : { kind: "fits", ...table };
}

/** Bytes of the buffer that the sums of a layer take while it fires; none where one load completes them. */
function sumsOf({ machine, batch, layers }: CrossbarProblem, l: LayerId, { spread, rounds }: Laid): number {
  if (spread * rounds === 1) return 0;
  const { vectors, groups, outputs } = layers[l]!;
  return SUM_BYTES * vectors * batch * groups * outputs * (1 - sharedOut(layers[l]!, spread * rounds, batch, machine.buffer));
}

/** Layers with sums wait for one another. */
function inSingleFile(shop: Shop, sums: readonly number[]): Shop {
  let latest: LayerId | undefined;
  const after = shop.after.map((needed, layer) => {
    if (sums[layer] === 0) return needed;
    const all = latest === undefined ? needed : [...needed, latest];
    latest = layer;
    return all;
  });
  return { ...shop, after };
}

/** What waits: from when to when, and how many bytes. */
interface Stays {
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly size: Float64Array;
}

/** The most bytes of sums at once: of a layer from its first fire to its last. */
function mostSums(sequences: readonly (readonly Load[])[], sums: readonly number[], inferences: number): number {
  /** Of each layer in each inference. */
  const spans = {
    start: new Float64Array(sums.length * inferences).fill(Number.POSITIVE_INFINITY),
    end: new Float64Array(sums.length * inferences),
    size: Float64Array.from({ length: sums.length * inferences }, (_, k) => sums[Math.floor(k / inferences)]!),
  };
  for (const loads of sequences)
    loads.forEach(({ layer, fire }, k) => {
      const at = layer * inferences + Math.floor((k * inferences) / loads.length);
      spans.start[at] = Math.min(spans.start[at]!, fire.start);
      spans.end[at] = Math.max(spans.end[at]!, fire.end);
    });
  return mostAtOnce(spans);
}

/** Stays of no size, or that never begin, count for nothing. */
function mostAtOnce({ start, end, size }: Stays): number {
  const some = Int32Array.from(size.keys()).filter((k) => size[k]! > 0 && start[k]! < Number.POSITIVE_INFINITY);
  const starts = some.toSorted((a, b) => start[a]! - start[b]!);
  const ends = some.toSorted((a, b) => end[a]! - end[b]! || size[b]! - size[a]!);
  let [held, most, ended] = [0, 0, 0];
  for (const k of starts) {
    for (; end[ends[ended]!]! <= start[k]!; ended++) held -= size[ends[ended]!]!;
    held += size[k]!;
    most = Math.max(most, held);
  }
  return most;
}
