import type { Selection, SelectionNode } from "../../search/selection/problem.js";
import { partOf } from "./part.js";
import type { Certificate, PipelineProblem } from "./plan.js";
import { selectionOf } from "./selection.js";

/** Times at which what layers take at least is tabulated. */
const LEVELS = 256;

/** A bound on the cycles per frame of any run of layers. */
export interface Levels {
  /** By first layer and the one after the last; infinite where the device is too small for them in any time. */
  readonly least: (first: number, end: number) => number;
  /** Takes in what bounded one run: with the same weights other runs are bounded by as much. */
  readonly learn: (certificate: Certificate) => void;
}

/** Fewer cycles are not enough for some resource alone, for resources as they have been learnt to weigh together, or for some layer. */
export function levelsOf(problem: PipelineProblem): Levels {
  const parts = problem.layers.map((_, l) => selectionOf(partOf(problem, l, l + 1)).selection);
  const nodes = parts.map((part) => part.nodes[0]!);
  const { budgets, rate } = parts[0]!;
  const times = nodes.flatMap(({ options }) => options.map(({ time }) => time));
  const [shortest, longest] = times.reduce(([a, b], t) => [Math.min(a, t), Math.max(b, t)], [Number.POSITIVE_INFINITY, 1]);
  const levels = Array.from({ length: LEVELS }, (_, k) => shortest * (longest / shortest) ** (k / (LEVELS - 1)));
  levels[LEVELS - 1] = longest;
  // After the budgets' rows one for the load, and one for layers that have no engine fast enough.
  const rows = budgets.length + 2;
  const [loadRow, missingRow] = [budgets.length, budgets.length + 1];
  const n = nodes.length;
  // Per level and row: least costs summed over the layers before each.
  const sums = new Float64Array(LEVELS * rows * (n + 1));
  for (let node = 0; node < n; node++) {
    const sorted = nodes[node]!.options.toSorted((a, b) => a.time - b.time);
    const least = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
    let next = 0;
    for (let level = 0; level < LEVELS; level++) {
      for (; next < sorted.length && sorted[next]!.time <= levels[level]!; next++) {
        const { costs, load } = sorted[next]!;
        for (let r = 0; r < loadRow; r++) least[r] = Math.min(least[r]!, costs[r]!);
        least[loadRow] = Math.min(least[loadRow]!, load);
      }
      for (let r = 0; r < rows; r++) {
        const at = (level * rows + r) * (n + 1) + node;
        sums[at + 1] = sums[at]! + (r === missingRow ? Number(next === 0) : next === 0 ? 0 : least[r]!);
      }
    }
  }
  const fits = (level: number, first: number, end: number): boolean => {
    for (let r = 0; r < rows; r++) {
      const at = (level * rows + r) * (n + 1);
      const carried = level === LEVELS - 1 ? Number.MAX_VALUE : rate * levels[level]!;
      const budget = r === missingRow ? 0 : r === loadRow ? carried : budgets[r]!;
      if (sums[at + end]! - sums[at + first]! > budget * (1 + ROUNDING)) return false;
    }
    return true;
  };
  const alone = (first: number, end: number): number => {
    if (!fits(LEVELS - 1, first, end)) return Number.POSITIVE_INFINITY;
    const high = firstThat(LEVELS - 1, (level) => fits(level, first, end));
    return high === 0 ? 0 : levels[high - 1]!;
  };
  const learnt: ((first: number, end: number) => number)[] = [];
  return {
    least: (first, end) => learnt.reduce((most, bound) => Math.max(most, bound(first, end)), alone(first, end)),
    learn: (certificate) => learnt.push(together(parts[0]!, nodes, certificate)),
  };
}

/** The first of the levels up to `last` for which `holds`, where it holds for all that follow one for which it does. */
function firstThat(last: number, holds: (level: number) => boolean): number {
  let [low, high] = [-1, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Times around those of a certificate at which its weights are tried, and the steps between them. */
const NEAR = 96;
const STEP = 1.01;

/** The bound of all resources weighted as in a certificate: every option takes a share of them, and shares add up to at most 1. */
function together({ budgets, rate }: Selection, nodes: readonly SelectionNode[], { cycles, multipliers }: Certificate) {
  const times = Array.from({ length: NEAR }, (_, k) => cycles * STEP ** (k - NEAR / 2));
  const n = nodes.length;
  const sums = new Float64Array(NEAR * (n + 1));
  const load = multipliers[budgets.length]!;
  nodes.forEach(({ options }, node) => {
    const shares = options.map(({ costs }) =>
      costs.reduce((sum, cost, row) => (budgets[row]! > 0 ? sum + (multipliers[row]! * cost) / budgets[row]! : sum), 0),
    );
    times.forEach((time, level) => {
      let least = Number.POSITIVE_INFINITY;
      options.forEach((option, o) => {
        if (option.time <= time) least = Math.min(least, shares[o]! + (load * option.load) / (rate * time));
      });
      // Finite, so that sums can be taken from one another.
      sums[level * (n + 1) + node + 1] = sums[level * (n + 1) + node]! + Math.min(least, MUCH);
    });
  });
  return (first: number, end: number): number => {
    const after = firstThat(
      NEAR,
      (level) => level === NEAR || sums[level * (n + 1) + end]! - sums[level * (n + 1) + first]! <= 1 + ROUNDING,
    );
    return after === 0 ? 0 : times[after - 1]!;
  };
}

/** A share that no choice has. */
const MUCH = 1e3;
const ROUNDING = 1e-9;
