import { bad, type Checked, type Diagnostic, fail, good } from "../../base/diagnostic.js";
import { MOST_LANES, MOST_LEVELS, MOST_LOOPS, type Prepared } from "./prepare.js";
import type { NestMapping } from "./problem.js";

/** A mapping in flat form, reused between evaluations; a search writes into it. */
export interface FlatMapping {
  temporalCount: number;
  readonly temporalLoop: Int32Array;
  readonly temporalSize: Float64Array;
  laneCount: number;
  readonly laneAxis: Int32Array;
  readonly laneLoop: Int32Array;
  readonly laneFactor: Float64Array;
  /** `cuts[operand * MOST_LEVELS + level]`. */
  readonly cuts: Int32Array;
}

export const flatMapping = ({ operands }: Prepared): FlatMapping => ({
  temporalCount: 0,
  temporalLoop: new Int32Array(MOST_LOOPS),
  temporalSize: new Float64Array(MOST_LOOPS),
  laneCount: 0,
  laneAxis: new Int32Array(MOST_LANES),
  laneLoop: new Int32Array(MOST_LANES),
  laneFactor: new Float64Array(MOST_LANES),
  cuts: new Int32Array(operands.length * MOST_LEVELS),
});

/** Copies `mapping`, which `checkMapping` has let pass, into `flat`. */
export function load(mapping: NestMapping, flat: FlatMapping): FlatMapping {
  flat.temporalCount = mapping.temporal.length;
  mapping.temporal.forEach(({ loop, size }, i) => {
    flat.temporalLoop[i] = loop;
    flat.temporalSize[i] = size;
  });
  flat.laneCount = mapping.spatial.length;
  mapping.spatial.forEach(({ axis, loop, factor }, i) => {
    flat.laneAxis[i] = axis;
    flat.laneLoop[i] = loop;
    flat.laneFactor[i] = factor;
  });
  mapping.cuts.forEach((levels, o) => {
    levels.forEach((cut, m) => {
      flat.cuts[o * MOST_LEVELS + m] = cut;
    });
  });
  return flat;
}

/** The plain form of a flat mapping. */
export const unload = (flat: FlatMapping, { operands }: Prepared): NestMapping => ({
  spatial: Array.from({ length: flat.laneCount }, (_, i) => ({
    axis: flat.laneAxis[i]!,
    loop: flat.laneLoop[i]!,
    factor: flat.laneFactor[i]!,
  })),
  temporal: Array.from({ length: flat.temporalCount }, (_, i) => ({ loop: flat.temporalLoop[i]!, size: flat.temporalSize[i]! })),
  cuts: operands.map(({ levels }, o) => Array.from({ length: levels }, (_, m) => flat.cuts[o * MOST_LEVELS + m]!)),
});

/** Every way in which `mapping` does not describe a run of the problem: FUS-51 form, FUS-52 loops, FUS-53 lanes, FUS-54 cuts. */
export function checkMapping(mapping: NestMapping, { problem, hierarchy, operands }: Prepared): Checked<NestMapping> {
  const { loops } = problem;
  const faults: Diagnostic[] = [];
  const positive = (n: number) => Number.isSafeInteger(n) && n >= 1;
  if (mapping.temporal.length > MOST_LOOPS || mapping.spatial.length > MOST_LANES || mapping.cuts.length !== operands.length)
    faults.push(
      fail(
        "FUS-51",
        "mapping",
        `${mapping.temporal.length} temporal and ${mapping.spatial.length} spatial loops, cuts for ${mapping.cuts.length} of ${operands.length} operands`,
        `give at most ${MOST_LOOPS} temporal and ${MOST_LANES} spatial loops, and cuts for each operand`,
      ),
    );
  const known = (loop: number) => loops[loop] !== undefined;
  mapping.temporal.forEach(({ loop, size }, i) => {
    if (!known(loop) || !positive(size))
      faults.push(
        fail("FUS-51", `mapping.temporal[${i}]`, `loop ${loop} of size ${size}`, `name one of ${loops.length} loops, size at least 1`),
      );
  });
  mapping.spatial.forEach(({ axis, loop, factor }, i) => {
    if (!known(loop) || !positive(factor) || !hierarchy.axes[axis])
      faults.push(
        fail(
          "FUS-51",
          `mapping.spatial[${i}]`,
          `loop ${loop}, axis ${axis}, factor ${factor}`,
          "name a loop and an axis, factor at least 1",
        ),
      );
  });
  loops.forEach(({ name, size }, loop) => {
    const over = (list: readonly { readonly loop: number }[], factor: (i: number) => number) =>
      list.reduce((n, entry, i) => (entry.loop === loop ? n * factor(i) : n), 1);
    const lanes = over(mapping.spatial, (i) => mapping.spatial[i]!.factor);
    const steps = over(mapping.temporal, (i) => mapping.temporal[i]!.size);
    if (steps !== Math.ceil(size / lanes))
      faults.push(
        fail(
          "FUS-52",
          `mapping, loop ${name}`,
          `${lanes} lanes x ${steps} steps for ${size} iterations`,
          `take ${Math.ceil(size / lanes)} steps`,
        ),
      );
  });
  hierarchy.axes.forEach(({ name, size }, axis) => {
    const used = mapping.spatial.reduce((n, lane) => (lane.axis === axis ? n * lane.factor : n), 1);
    if (used > size) faults.push(fail("FUS-53", `mapping, axis ${name}`, `${used} lanes on an axis of ${size}`, "unroll less"));
  });
  mapping.cuts.forEach((cuts, o) => {
    const rises = cuts.every((cut, m) => Number.isSafeInteger(cut) && cut >= (cuts[m - 1] ?? 0));
    const { levels, role } = operands[o] ?? { levels: cuts.length, role: "operand" };
    if (!rises || cuts.length !== levels || cuts.at(-1) !== mapping.temporal.length)
      faults.push(
        fail(
          "FUS-54",
          `mapping.cuts[${o}] (${role})`,
          `cuts ${cuts.join(", ")} over ${levels} levels and ${mapping.temporal.length} loops`,
          "let them rise, one per level, the last being all loops",
        ),
      );
  });
  const [first, ...rest] = faults;
  return first ? bad(first, ...rest) : good(mapping);
}
