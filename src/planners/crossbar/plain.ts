import type { Estimate } from "./estimate.js";
import { estimate } from "./estimate.js";
import type { Matrix } from "./images.js";
import { optionsOf, type Sampler } from "./options.js";
import type { CrossbarProblem } from "./plan.js";

/** What writing all weights in their own order comes to while others fire, by samples: in thin strips, each on the next crossbar. */
export function plainEstimate(problem: CrossbarProblem, matrices: readonly Matrix[], sampled: Sampler): Estimate {
  const { machine, batch } = problem;
  const { crossbars, rows } = machine;
  let next = 0;
  const laid = matrices.map((matrix) => {
    const coding = { encoding: "twosComplement", layout: "outputs", sharing: 1 } as const;
    const ways = optionsOf(matrix, coding, [Math.ceil(matrix.inputs / rows)], machine, batch, sampled);
    if (ways.length === 0) return undefined;
    const option = ways.reduce((best, way) => (way.latency - way.programming < best.latency - best.programming ? way : best));
    const pieces = option.lanes * option.spread;
    const site = {
      crossbars: Int32Array.from({ length: pieces }, (_, piece) => (next + piece) % crossbars),
      rows: new Int32Array(pieces),
      columns: new Int32Array(pieces),
    };
    next += pieces;
    return { option, site };
  });
  if (!laid.every((one) => one !== undefined)) return { latency: Number.POSITIVE_INFINITY, waiting: Number.POSITIVE_INFINITY };
  return estimate(
    problem,
    laid.map(({ option }) => option),
    laid.map(({ site }) => site),
    2,
  );
}
