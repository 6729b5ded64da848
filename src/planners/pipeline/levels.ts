import { partOf } from "./part.js";
import type { PipelineProblem } from "./plan.js";
import { selectionOf } from "./selection.js";

/** Times at which what layers take at least is tabulated. */
const LEVELS = 256;

/**
 * A bound on the cycles per frame of any run of layers: fewer are not enough for some resource alone, or for some layer.
 *
 * @returns by first layer and the one after the last; infinite where the device is too small for them in any time
 */
export function levelsOf(problem: PipelineProblem): (first: number, end: number) => number {
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
  return (first, end) => {
    if (!fits(LEVELS - 1, first, end)) return Number.POSITIVE_INFINITY;
    let [low, high] = [-1, LEVELS - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (fits(middle, first, end)) high = middle;
      else low = middle;
    }
    return low < 0 ? 0 : levels[low]!;
  };
}

const ROUNDING = 1e-9;
