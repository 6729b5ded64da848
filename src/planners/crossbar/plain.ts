import { plainLoads } from "../../cost/crossbar/geometry.js";
import type { Estimate } from "./estimate.js";
import { estimate } from "./estimate.js";
import type { Matrix } from "./images.js";
import { type Form, formsOf, loadCountOf, optionsOf } from "./options.js";
import type { CrossbarProblem } from "./plan.js";
import type { Sampler } from "./samples.js";

/** What writing all weights in their own order comes to while others fire, by samples: in strips so thin that all crossbars fire for a layer, each on the next crossbar. */
export function plainEstimate(problem: CrossbarProblem, matrices: readonly Matrix[], sampled: Sampler): Estimate {
  const { machine, batch } = problem;
  const { crossbars, rows } = machine;
  let next = 0;
  const laid = matrices.map((matrix) => {
    const coding = { encoding: "twosComplement", layout: "outputs", sharing: 1 } as const;
    // Rounds would be in an order that suits writing; here each takes the next crossbar as it comes, as parts do.
    const forms = formsOf(matrix, coding, [Math.ceil(matrix.inputs / (rows * crossbars))], machine, batch);
    if (forms.length === 0) return undefined;
    const firing = (form: Form) => Math.ceil(loadCountOf(form) / crossbars) * form.fire;
    const most = Math.max(crossbars, plainLoads(matrix, machine));
    const form = forms.reduce((best, other) => (loadCountOf(other) <= most && firing(other) < firing(best) ? other : best));
    const option = optionsOf(matrix, [form], machine, sampled)[0]!;
    const pieces = option.lanes * option.spread;
    // What comes in its own order leaves the last rows idle, not some of each round.
    const { rounds, spread } = option;
    const rowsOf = (lines: number) => Math.ceil(lines / machine.unit.rows);
    const idle = rowsOf(matrix.inputs) / (rounds * spread * rowsOf(Math.ceil(matrix.inputs / (rounds * spread))));
    const site = {
      crossbars: Int32Array.from({ length: pieces }, (_, piece) => (next + piece) % crossbars),
      rows: new Int32Array(pieces),
      columns: new Int32Array(pieces),
    };
    next += pieces;
    return { option: { ...option, fire: option.fire * Math.min(1, idle) }, site };
  });
  if (!laid.every((one) => one !== undefined)) return { latency: Number.POSITIVE_INFINITY, waiting: Number.POSITIVE_INFINITY };
  return estimate(
    problem,
    laid.map(({ option }) => option),
    laid.map(({ site }) => site),
    2,
  );
}
