import { NEGLIGIBLE, weightsAround } from "./attempt.js";
import { capsAt, type Dual, MARGIN, spent, weigh } from "./dual.js";
import { solveGame } from "./game.js";
import { ROUNDING } from "./instance.js";
import { admit, priceOf, strike, type Tables } from "./passes.js";

/**
 * A bound for loads that come in large portions, which multipliers cannot see: they would share a portion out. Here the load is counted,
 * in whole units (what is over is left out), and only the rows have multipliers: a pass carries a price per state and count.
 *
 * @param bound no choice is faster; a time above it that is far enough for what is sought.
 * @returns a bound at least as high, at most `until`.
 * @see docs/math/pipeline.md, "Choice"
 */
export function countedBound(dual: Dual, bound: number, until: number): number {
  const { instance, effort } = dual;
  const { rate, fixedLoad } = instance;
  if (dual.multipliers.at(-1)! <= NEGLIGIBLE || until <= bound || spent(effort)) return bound;
  if (!strikeAt(dual, until)) return until;
  const unit = unitOf(dual, rate * until - fixedLoad);
  if (unit === undefined) return bound;
  const timeOf = (units: number) => (fixedLoad + unit.fixed + units * unit.size) / rate;
  let least = bound;
  for (let units = Math.floor((rate * bound - fixedLoad - unit.fixed) / unit.size + ROUNDING); !spent(effort); units++) {
    const next = Math.min(until, timeOf(units + 1));
    if (next > least) {
      const time = next * (1 - ROUNDING);
      if (strikeAt(dual, time) && !excluded(dual, time, unit, units)) return least;
      least = next;
    }
    if (next >= until) return until;
  }
  return least;
}

/** Leaves the choices that may be part of one of time at most `time`; false where there is none. */
function strikeAt(dual: Dual, time: number): boolean {
  const { instance, tables } = dual;
  const { value, multipliers } = weigh(dual, time, true);
  if (value > 1 + MARGIN) return false;
  const caps = capsAt(instance, time);
  admit(tables, time);
  const columns = [...multipliers.keys()].filter((c) => multipliers[c]! > NEGLIGIBLE);
  return weightsAround(multipliers, columns, caps, tables.frontier.states).every(
    (weights) => strike(tables, weights, 1 + MARGIN) <= 1 + MARGIN,
  );
}

/** In what the load is counted: per step its least load, added up in `fixed`, and above it whole units of `size`. */
interface Unit {
  readonly size: number;
  readonly fixed: number;
  readonly least: readonly number[];
}

const MOST_UNITS = 400;
const MOST_COUNTS = 8_000_000;
/** Different loads that are looked at. */
const MOST_LOADS = 400;
/** Share of a unit that rounding may lose over all steps. */
const MOST_LOST = 0.5;

/** A common divisor of most loads; `undefined` where none is large enough or rounding would lose too much. */
function unitOf({ instance, tables }: Dual, most: number): Unit | undefined {
  const { columns, cost } = instance;
  const loads = tables.live.map((choices, k) => {
    const count = tables.first[k]!.at(-1)!;
    return [...new Set(choices.subarray(0, count))].map((c) => cost[c * columns + columns - 1]!);
  });
  const least = loads.map((list) => list.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY));
  const above = loads.map((list, k) => [...new Set(list.map((load) => load - least[k]!))].filter((load) => load > 0));
  const all = [...new Set(above.flat())].sort((a, b) => a - b).slice(0, MOST_LOADS);
  if (all.length === 0 || !all.every(Number.isSafeInteger)) return undefined;
  const fixed = least.reduce((a, b) => a + b, 0);
  const room = most - fixed;
  const smallest = room / Math.min(MOST_UNITS, MOST_COUNTS / tables.frontier.states);
  const sizes = new Set(all.flatMap((a, i) => all.slice(i).map((b) => gcd(a, b))).filter((size) => size >= smallest));
  const lost = (size: number) => above.reduce((sum, list) => sum + list.reduce((rest, load) => Math.max(rest, load % size), 0), 0) / size;
  const best = [...sizes].map((size) => ({ size, lost: lost(size) })).sort((a, b) => a.lost - b.lost || b.size - a.size)[0];
  return best === undefined || best.lost > MOST_LOST ? undefined : { size: best.size, fixed, least };
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

const MOST_ROUNDS = 24;
const TOLERANCE = 1e-6;
/** Counts of a pass that are as much work as a label. */
const COUNTS_PER_NODE = 100;

/** Whether multipliers on the rows show that no choice left carries at most so many units. */
function excluded(dual: Dual, time: number, unit: Unit, units: number): boolean {
  const { instance, tables, effort } = dual;
  const caps = capsAt(instance, time);
  const rows = [...Array(instance.columns - 1).keys()];
  const way = wayOf(tables, unit, units);
  const points: Float64Array[] = [];
  let multipliers = normal(rows.map((r) => dual.multipliers[r]! + TOLERANCE));
  let best = { value: Number.NEGATIVE_INFINITY, multipliers };
  for (let round = 0; round < MOST_ROUNDS && !spent(effort); round++) {
    const weights = new Float64Array(instance.columns);
    for (const r of rows) weights[r] = multipliers[r]! / caps[r]!;
    const { value, choices } = carry(way, weights);
    effort.nodes += Math.ceil((tables.frontier.states * (units + 1)) / COUNTS_PER_NODE);
    if (value > 1 + MARGIN) return true;
    if (value > best.value) best = { value, multipliers };
    points.push(Float64Array.from(rows, (r) => choices.reduce((sum, c) => sum + instance.cost[c * instance.columns + r]! / caps[r]!, 0)));
    if (points.at(-1)!.every((share) => share <= 0)) return false;
    const game = solveGame(points, rows.length);
    if (game.value <= 1 || game.value - best.value < TOLERANCE) return false;
    multipliers = normal(rows.map((r) => (game.multipliers[r]! + best.multipliers[r]!) / 2));
  }
  return false;
}

function normal(list: readonly number[]): readonly number[] {
  const sum = list.reduce((a, b) => a + b, 0);
  return list.map((x) => x / sum);
}

/** What a pass reads and writes: per step and move its choices with their units, and per state and count the least price and how it came about. */
interface Way {
  readonly tables: Tables;
  readonly units: number;
  readonly count: readonly Int32Array[];
  readonly come: readonly Float64Array[];
  readonly from: readonly Int32Array[];
  readonly by: readonly Int32Array[];
}

function wayOf(tables: Tables, { size, least }: Unit, units: number): Way {
  const { instance, frontier, live, first } = tables;
  const { columns, cost } = instance;
  const wide = units + 1;
  return {
    tables,
    units,
    count: live.map((choices, k) =>
      Int32Array.from(choices.subarray(0, first[k]!.at(-1)!), (c) =>
        Math.floor((cost[c * columns + columns - 1]! - least[k]!) / size + ROUNDING),
      ),
    ),
    come: [...frontier.steps.map(({ states }) => new Float64Array(states * wide)), new Float64Array(wide)],
    from: frontier.steps.map(({ after }) => new Int32Array(after * wide)),
    by: frontier.steps.map(({ after }) => new Int32Array(after * wide)),
  };
}

/** The least price of a whole choice that carries at most so many units, and that choice. */
function carry({ tables, units, count, come, from, by }: Way, weights: Float64Array) {
  const { instance, frontier, live, first } = tables;
  const { steps } = frontier;
  const wide = units + 1;
  come[0]!.fill(Number.POSITIVE_INFINITY);
  come[0]![0] = 0;
  steps.forEach(({ key, base, start, shift, states }, k) => {
    const [here, next, parents, choices] = [come[k]!, come[k + 1]!, from[k]!, by[k]!];
    const price = Float64Array.from(count[k]!, (_, i) => priceOf(instance, live[k]![i]!, weights));
    next.fill(Number.POSITIVE_INFINITY);
    for (let s = 0; s < states; s++) {
      const own = s * wide;
      for (let m = start[key[s]!]!; m < start[key[s]! + 1]!; m++) {
        const to = (base[s]! + shift[m]!) * wide;
        for (let i = first[k]![m]!; i < first[k]![m + 1]!; i++) {
          const more = count[k]![i]!;
          if (more < 0) continue; // struck out where the unit was found
          for (let u = 0; u + more <= units; u++) {
            const sum = here[own + u]! + price[i]!;
            if (sum >= next[to + u + more]!) continue;
            next[to + u + more] = sum;
            parents[to + u + more] = own + u;
            choices[to + u + more] = live[k]![i]!;
          }
        }
      }
    }
  });
  const last = come[steps.length]!;
  let end = 0;
  for (let u = 1; u <= units; u++) if (last[u]! < last[end]!) end = u;
  const value = last[end]!;
  const choices: number[] = [];
  if (value < Number.POSITIVE_INFINITY)
    for (let k = steps.length - 1, at = end; k >= 0; k--) {
      choices.push(by[k]![at]!);
      at = from[k]![at]!;
    }
  return { value, choices };
}
