import type { Highs, Model, ModelStatusCode } from "highs";
import type { Mip, MipAnswer, MipLimits, MipSolver } from "../search/mip.js";

/**
 * HiGHS compiled to WebAssembly (npm `highs`) behind the solver door. The runtime is loaded at the first
 * call and kept; it is single-threaded and blocks its thread while it solves.
 *
 * @param stop asked at HiGHS's own checkpoints, which may be seconds apart; true ends the solve with `limit`.
 */
export function highsSolver(stop: () => boolean = () => false): MipSolver {
  let runtime: Promise<Highs> | undefined;
  return async (mip, limits) => {
    if (mip.columns === 0) return withoutColumns(mip);
    runtime ??= load();
    try {
      return solve(await runtime, mip, limits, stop);
    } catch (error) {
      runtime = undefined; // a WebAssembly instance that trapped is not fit for another solve
      return { status: "failed", reason: error instanceof Error ? error.message : String(error) };
    }
  };
}

/** Absolute, on rows, bounds and integrality; HiGHS's default of 1e-6 lets a row of byte counts drift by whole bytes. */
const TOLERANCE = 1e-9;
/** What the re-check allows a row to miss, relative to the magnitudes summed in it. */
const ACCEPTED_DRIFT = 1e-7;
const INT32_MAX = 2 ** 31 - 1;

/** The package's typings describe its CommonJS build; under `import` the loader is the default export itself. */
async function load(): Promise<Highs> {
  const module = (await import("highs")) as unknown as { readonly default: () => Promise<Highs> };
  return module.default();
}

function solve(highs: Highs, mip: Mip, limits: MipLimits, stop: () => boolean): MipAnswer {
  const model = highs.createModel({
    numCols: mip.columns,
    numRows: mip.rowLower.length,
    colCost: mip.cost,
    colLower: mip.columnLower,
    colUpper: mip.columnUpper,
    rowLower: mip.rowLower,
    rowUpper: mip.rowUpper,
    integrality: Int32Array.from(mip.integer),
    matrix: {
      format: "csr",
      numRows: mip.rowLower.length,
      numCols: mip.columns,
      starts: mip.rowStart,
      indices: mip.index,
      values: mip.value,
    },
  });
  try {
    model.options.set({
      output_flag: false,
      random_seed: 0,
      time_limit: Math.max(0, limits.seconds),
      mip_max_nodes: Math.min(INT32_MAX, Math.max(0, Math.floor(limits.nodes))),
      mip_rel_gap: 0,
      mip_abs_gap: 0,
      // Tighter than this, HiGHS rounds dual bounds up past the optimum (observed with 1.15.3).
      mip_feasibility_tolerance: 1e-6,
      primal_feasibility_tolerance: TOLERANCE,
      dual_feasibility_tolerance: TOLERANCE,
    });
    run(highs, model, stop);
    if (model.getModelStatus() === highs.constants.modelStatus.unboundedOrInfeasible) return tellApart(highs, model, mip, stop);
    return answer(highs, model, mip);
  } finally {
    model.dispose();
  }
}

function run(highs: Highs, model: Model, stop: () => boolean): void {
  const { simplexInterrupt, ipmInterrupt, mipInterrupt } = highs.constants.callbackType;
  const interrupt = (event: { interrupt(): void }): undefined => {
    if (stop()) event.interrupt();
  };
  model.run({ [simplexInterrupt]: interrupt, [ipmInterrupt]: interrupt, [mipInterrupt]: interrupt });
}

/** Presolve may stop at "infeasible or unbounded". Without costs nothing is unbounded, so a second run decides which. */
function tellApart(highs: Highs, model: Model, mip: Mip, stop: () => boolean): MipAnswer {
  for (let column = 0; column < mip.columns; column++) model.changeColCost(column, 0);
  run(highs, model, stop);
  const status = model.getModelStatus();
  if (status === highs.constants.modelStatus.infeasible) return { status: "infeasible" };
  return { status: "failed", reason: "the programme is unbounded" };
}

function answer(highs: Highs, model: Model, mip: Mip): MipAnswer {
  const s = highs.constants.modelStatus;
  const status = model.getModelStatus();
  if (status === s.infeasible) return { status: "infeasible" };

  const stopped: readonly ModelStatusCode[] = [s.timeLimit, s.iterationLimit, s.solutionLimit, s.interrupted, s.objectiveBound];
  if (status !== s.optimal && !stopped.includes(status))
    return { status: "failed", reason: status === s.unbounded ? "the programme is unbounded" : `HiGHS ended with model status ${status}` };

  const feasible = model.info.get("primal_solution_status") === highs.constants.solutionStatus.feasible;
  const x = feasible ? rounded(mip, Float64Array.from(model.getSolution().colValue)) : undefined;
  const drift = x && worstRow(mip, x);
  if (status !== s.optimal) {
    const held = x !== undefined && drift! <= ACCEPTED_DRIFT ? x : undefined;
    const value = held ? objective(mip, held) : Number.POSITIVE_INFINITY;
    return { status: "limit", x: held, value, bound: Math.min(value, dualBound(model, mip)) };
  }
  if (x === undefined) return { status: "failed", reason: "HiGHS claims an optimum and hands over no solution" };
  if (drift! > ACCEPTED_DRIFT) return { status: "failed", reason: `HiGHS's optimum misses a row by a share of ${drift}` };
  const value = objective(mip, x);
  return { status: "optimal", x, value, bound: mip.integer.includes(1) ? Math.min(value, dualBound(model, mip)) : value };
}

/** Of a MIP that HiGHS was stopped in. A stopped linear programme has no bound that may be trusted. */
function dualBound(model: Model, mip: Mip): number {
  const bound = mip.integer.includes(1) ? Number(model.info.get("mip_dual_bound")) : Number.NEGATIVE_INFINITY;
  return Number.isFinite(bound) ? bound : Number.NEGATIVE_INFINITY;
}

/** Whole columns made exactly whole, every column put back inside its bounds. */
function rounded(mip: Mip, x: Float64Array): Float64Array {
  for (let i = 0; i < x.length; i++) {
    const value = mip.integer[i] === 1 ? Math.round(x[i]!) : x[i]!;
    x[i] = Math.min(mip.columnUpper[i]!, Math.max(mip.columnLower[i]!, value)) + 0; // + 0: no negative zero
  }
  return x;
}

/** The largest violation of a row, relative to the sum of the magnitudes in it (at least 1). */
function worstRow(mip: Mip, x: Float64Array): number {
  let worst = 0;
  for (let row = 0; row < mip.rowLower.length; row++) {
    let sum = 0;
    let scale = 1;
    for (let k = mip.rowStart[row]!; k < mip.rowStart[row + 1]!; k++) {
      const term = mip.value[k]! * x[mip.index[k]!]!;
      sum += term;
      scale += Math.abs(term);
    }
    worst = Math.max(worst, (mip.rowLower[row]! - sum) / scale, (sum - mip.rowUpper[row]!) / scale);
  }
  return worst;
}

function objective(mip: Mip, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += mip.cost[i]! * x[i]!;
  return sum;
}

/** HiGHS does not optimise an empty model; its rows still decide whether it has a solution. */
function withoutColumns(mip: Mip): MipAnswer {
  for (let row = 0; row < mip.rowLower.length; row++) if (mip.rowLower[row]! > 0 || mip.rowUpper[row]! < 0) return { status: "infeasible" };
  return { status: "optimal", x: new Float64Array(0), value: 0, bound: 0 };
}
