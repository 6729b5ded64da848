import { capsAt, type Dual, MARGIN, spent, type Weighing, weigh } from "./dual.js";
import type { Instance } from "./instance.js";
import type { Proof } from "./problem.js";

/** No choice has a time below `time`, which `proof` shows. Infinite: there is no choice. */
export interface Bound {
  readonly time: number;
  readonly proof: Proof | undefined;
}

/** From this time on every option is fast enough and every load is carried. */
export function slowest({ levels, rate, fixedLoad, mostLoad }: Instance): number {
  return Math.max(levels.at(-1) ?? 0, rate > 0 ? ((mostLoad + fixedLoad) / rate) * (1 + 1e-9) : 0);
}

/**
 * The least time that multipliers cannot exclude: bisection over the different times of options, then, within the level
 * found, from one root of the weighted sum to the next.
 */
export function boundOf(dual: Dual): Bound {
  const { instance, effort } = dual;
  const { levels, rate, fixedLoad } = instance;
  const omitted = dual.tables.frontier.omitted;
  let proof: Proof | undefined;
  const excluded = (time: number): Weighing | undefined => {
    const found = weigh(dual, time, false);
    if (found.value <= 1 + MARGIN) return undefined;
    if (proof === undefined || time > proof.cycles) proof = proofOf(instance, found, time, omitted);
    return found;
  };
  const topOf = (level: number) => (level + 1 < levels.length ? below(levels[level + 1]!) : slowest(instance));

  let no = -1;
  let yes = levels.length - 1;
  if (excluded(topOf(yes))) {
    const clearest = weigh(dual, topOf(yes), true);
    return { time: Number.POSITIVE_INFINITY, proof: proofOf(instance, clearest, topOf(yes), omitted) };
  }
  while (yes - no > 1 && !spent(effort)) {
    const middle = (no + yes) >> 1;
    if (excluded(topOf(middle))) no = middle;
    else yes = middle;
  }
  if (no < 0) excluded(below(levels[0]!));
  const idle = fixedLoad > 0 ? fixedLoad / rate : 0; // what is carried whatever is chosen takes as long
  let time = Math.max(levels[no + 1]!, idle);
  if (time > levels[no + 1]!)
    proof = proofOf(instance, { multipliers: loadAlone(instance), value: Number.MAX_VALUE }, below(time), omitted);
  const top = topOf(no + 1);
  for (let round = 0; time < top && round < MOST_ROOTS && !spent(effort); round++) {
    const at = Math.min(top, time * (1 + STEP));
    const found = excluded(at);
    if (found === undefined) break;
    time = at;
    const perCycle = (found.multipliers.at(-1)! / capsAt(instance, at).at(-1)!) * rate;
    const root = Math.min(top, at + (found.value / (1 + 2 * MARGIN) - 1) / perCycle);
    if (!(root > at)) continue;
    proof = proofOf(instance, shifted(instance, found, at, root), root, omitted);
    time = root;
  }
  return { time, proof };
}

/** Relative distance at which the last root is tried again. */
const STEP = 1e-7;
const MOST_ROOTS = 200;

/** The largest number that is surely below `x`, but for one. */
export const below = (x: number): number => x * (1 - Number.EPSILON);

type Weighed = Pick<Weighing, "multipliers" | "value">;

const loadAlone = ({ columns }: Instance): Float64Array => new Float64Array(columns).with(columns - 1, 1);

/** The same weights per unit at another time of the same level, made to add up to 1 again. */
function shifted(instance: Instance, { multipliers, value }: Weighed, from: number, to: number): Weighed {
  const [old, now] = [capsAt(instance, from), capsAt(instance, to)];
  const moved = multipliers.map((x, c) => (x / old[c]!) * now[c]!);
  const sum = moved.reduce((a, b) => a + b, 0);
  return { multipliers: moved.map((x) => x / sum), value: value / sum };
}

function proofOf({ rowOf }: Instance, { multipliers, value }: Weighed, cycles: number, omitted: readonly number[]): Proof {
  const rows = new Array<number>(rowOf.at(-1)! + 1).fill(0);
  rowOf.forEach((row, c) => {
    rows[row] = multipliers[c]!;
  });
  return { cycles, multipliers: rows, value: Math.min(value, Number.MAX_VALUE), omitted };
}
