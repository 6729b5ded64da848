import type { Outcome } from "../../base/outcome.js";
import { type Picojoules, seconds } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { LONGEST, TICKS } from "../../target/crossbar-target.js";
import { type Assembly, assemble, INFERENCES } from "./assembly.js";
import { leastOf } from "./bounds.js";
import { type Choice, choose } from "./choice.js";
import { unplaced } from "./conflict.js";
import type { Matrix, Placed } from "./images.js";
import { decodeWeights, encodeTable } from "./integers.js";
import { levelsOf } from "./levels.js";
import { inBetterOrder, worthOf } from "./order-assembly.js";
import type { CrossbarPlan, CrossbarProblem, Mapping } from "./plan.js";
import { rotationOf } from "./rotation-plan.js";
import { timetable } from "./waiting-room.js";

/** Plans how the layers lie on crossbars, in which order their weights are written, and when. */
export function solve(problem: CrossbarProblem, budget: Budget): Outcome<CrossbarPlan> {
  const matrices = problem.layers.map(({ weights, ...layer }): Matrix => ({ ...layer, values: decodeWeights(weights)! }));
  // The contents of the best choice alone are put in order, which takes longest.
  let best: { readonly choice: Choice; readonly assembly: Assembly; readonly worth: number } | undefined;
  for (const choice of choose(problem, matrices, budget)) {
    const assembly = assemble(problem, matrices, choice, budget);
    const worth = worthOf(problem, assembly);
    if (best === undefined || worth < best.worth) best = { choice, assembly, worth };
  }
  if (best === undefined) return unplaced(problem, matrices);
  const { choice } = best;
  const ordered = inBetterOrder(problem, choice, best.assembly, budget);
  best = undefined; // its tables and loads may be as large as those of the better one
  return planned(problem, choice, ordered);
}

function planned(problem: CrossbarProblem, choice: Choice, assembly: Assembly): Outcome<CrossbarPlan> {
  const { objective } = problem;
  const table = timetable(problem, assembly, INFERENCES);
  if (table.kind === "overflows")
    return { status: "unknown", reason: `${table.bytes} B wait to be written at once; of the buffer ${table.room} B are for them` };
  const { sequences, length, waiting } = table;
  if (length > LONGEST)
    return { status: "unknown", reason: `a table takes ${length} s; beyond ${LONGEST} s picoseconds are not counted exactly` };
  const claims = {
    latency: seconds(length / INFERENCES),
    energy: (assembly.energy / INFERENCES) as Picojoules,
    cellWrites: assembly.cellWrites / INFERENCES,
    maxCellWrites: assembly.maxCellWrites / INFERENCES,
  };
  const rotation = rotationOf(problem, assembly);
  const plan: CrossbarPlan = {
    kind: "crossbar",
    mappings: assembly.layers.map(mappingOf),
    inferences: INFERENCES,
    sequences,
    ...(rotation && { rotation }),
    levels: levelsOf(problem, choice, assembly, claims.latency),
    claims,
  };
  // Times in the ticks that the judge counts.
  const value = {
    programming: (waiting / INFERENCES) * TICKS,
    latency: claims.latency * TICKS,
    energy: claims.energy as number,
    endurance: claims.maxCellWrites,
  }[objective];
  const { bound, proof } = leastOf(problem);
  const least = objective === "latency" || objective === "programming" ? Math.floor(bound * TICKS) : bound;
  return { status: "feasible", plan, value, bound: Math.min(value, least), scope: "all configurations", proof };
}

const mappingOf = ({ encoding, layout, sharing, spread, rounds, top, deep, left, fill, table, ordered, matrix }: Placed): Mapping => ({
  encoding,
  layout,
  sharing,
  spread,
  rounds,
  top: typeof top === "number" ? top : [...top],
  ...(deep === undefined ? {} : { deep }),
  ...(left === undefined ? {} : { left: typeof left === "number" ? left : [...left] }),
  ...(fill === undefined ? {} : { fill }),
  table: ordered ? "" : encodeTable(table, matrix.inputs),
});
