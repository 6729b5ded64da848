import { SUM_BYTES, sharedOut, WAITING_SHARE } from "../../cost/crossbar/firing.js";
import type { Assembly } from "./assembly.js";
import type { Placed } from "./images.js";
import type { CrossbarProblem, LayerId, Load } from "./plan.js";
import { type Shop, schedule, shopOf } from "./schedule.js";

/** The table of an assembly, or how much more waits on chip at once than the buffer has room for. */
export type Tabled =
  | ({ readonly kind: "fits" } & ReturnType<typeof schedule>)
  | { readonly kind: "overflows"; readonly bytes: number; readonly room: number };

/**
 * Gives all loads their times. Where the sums of layers that fire at the same time have no room in their part of the buffer, such layers fire one after the other.
 *
 * @param inferences of the table.
 */
export function timetable(problem: CrossbarProblem, { layers, lines }: Pick<Assembly, "layers" | "lines">, inferences: number): Tabled {
  const room = problem.machine.buffer * WAITING_SHARE;
  const sums = layers.map((p) => sumsOf(problem, p));
  const shop = shopOf(problem);
  let table = schedule(lines, inferences, shop);
  if (mostSums(table.sequences, sums, inferences) > problem.machine.buffer - room)
    table = schedule(lines, inferences, inSingleFile(shop, sums));
  const stays = table.sequences.flatMap((loads, x) =>
    loads.flatMap(({ fetch, program }, k): Stay[] => {
      const { weights, index } = lines[x]!.costs[k]!.fetched;
      return weights + index > 0 ? [{ start: fetch.start, end: program.end, size: weights + index }] : [];
    }),
  );
  const bytes = mostAtOnce(stays);
  return bytes > room ? { kind: "overflows", bytes, room } : { kind: "fits", ...table };
}

/** Bytes of the buffer that the sums of a layer take while it fires; none where one load completes them. */
function sumsOf({ machine, batch }: CrossbarProblem, { matrix, spread, rounds }: Placed): number {
  if (spread * rounds === 1) return 0;
  const { vectors, groups, outputs } = matrix;
  return SUM_BYTES * vectors * batch * groups * outputs * (1 - sharedOut(matrix, spread * rounds, batch, machine.buffer));
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

interface Stay {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/** The most bytes of sums at once: of a layer from its first fire to its last. */
function mostSums(sequences: readonly (readonly Load[])[], sums: readonly number[], inferences: number): number {
  const spans = sums.map((size) => Array.from({ length: inferences }, () => ({ start: Number.POSITIVE_INFINITY, end: 0, size })));
  for (const loads of sequences)
    loads.forEach(({ layer, fire }, k) => {
      const span = spans[layer]![Math.floor((k * inferences) / loads.length)]!;
      span.start = Math.min(span.start, fire.start);
      span.end = Math.max(span.end, fire.end);
    });
  return mostAtOnce(spans.flat().filter(({ size, end }) => size > 0 && end > 0));
}

function mostAtOnce(stays: readonly Stay[]): number {
  const changes = stays.flatMap(({ start, end, size }) => [
    { at: start, by: size },
    { at: end, by: -size },
  ]);
  let [held, most] = [0, 0];
  for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
    held += by;
    most = Math.max(most, held);
  }
  return most;
}
