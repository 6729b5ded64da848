import { plainLoads } from "../../cost/crossbar/geometry.js";
import type { Estimate } from "./estimate.js";
import { estimate } from "./estimate.js";
import type { Matrix } from "./images.js";
import { type Form, formsOf, loadCountOf, type Option, optionsOf } from "./options.js";
import type { CrossbarProblem } from "./plan.js";
import type { Sampler } from "./samples.js";
import type { Site } from "./settle.js";

/** The layers in their own order, and what that comes to by samples. */
export interface Plain {
  readonly options: readonly Option[];
  readonly sites: readonly Site[];
  readonly estimate: Estimate;
  /** The most loads of a crossbar in an inference, each of which may write every cell. */
  readonly most: number;
}

/** How weights are coded where nobody chose. */
export const PLAIN = { encoding: "twosComplement", layout: "outputs", sharing: 1 } as const;

/** Layers that take turns on a crossbar, at least. */
export const TURNS = 2;

/**
 * All weights in their own order, written while others fire: in strips so thin that all crossbars fire for a layer, each on the next crossbar. `undefined` where a weight is wider than a
 * crossbar.
 */
export function plainly(problem: CrossbarProblem, matrices: readonly Matrix[], sampled: Sampler): Plain | undefined {
  const { machine, batch } = problem;
  const { crossbars, rows } = machine;
  const options: Option[] = [];
  const sites: Site[] = [];
  const loads = new Int32Array(crossbars);
  let next = 0;
  for (const matrix of matrices) {
    // Rounds would be in an order that suits writing; here each takes the next crossbar as it comes, as parts do.
    const forms = formsOf(matrix, PLAIN, [Math.ceil(matrix.inputs / (rows * crossbars))], machine, batch);
    if (forms.length === 0) return undefined;
    const firing = (form: Form) => Math.ceil(loadCountOf(form) / crossbars) * form.fire;
    const most = Math.max(crossbars, plainLoads(matrix, machine));
    const form = forms.reduce((best, other) => (loadCountOf(other) <= most && firing(other) < firing(best) ? other : best));
    const [option] = optionsOf(matrix, [form], machine, sampled);
    const { lanes, spread, rounds, strips } = form;
    const pieces = lanes * spread;
    const taken = Int32Array.from({ length: pieces }, (_, piece) => (next + piece) % crossbars);
    taken.forEach((crossbar, piece) => {
      loads[crossbar] = loads[crossbar]! + Math.ceil((strips - (piece % lanes)) / lanes) * rounds;
    });
    options.push(option!);
    sites.push({ crossbars: taken, rows: new Int32Array(pieces), columns: new Int32Array(pieces) });
    next += pieces;
  }
  // What comes in its own order leaves the last rows idle, not some of each round.
  const fired = options.map((option, l) => {
    const { rounds, spread, fire } = option;
    const { inputs } = matrices[l]!;
    const rowsOf = (lines: number) => Math.ceil(lines / machine.unit.rows);
    const idle = rowsOf(inputs) / (rounds * spread * rowsOf(Math.ceil(inputs / (rounds * spread))));
    return { ...option, fire: fire * Math.min(1, idle) };
  });
  return {
    options,
    sites,
    estimate: estimate(problem, fired, sites, TURNS),
    most: loads.reduce((most, count) => Math.max(most, count), 0),
  };
}
