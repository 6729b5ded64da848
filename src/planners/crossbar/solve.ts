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
import type { CrossbarPlan, CrossbarProblem, Mapping } from "./plan.js";
import { schedule, waiting } from "./schedule.js";

/** Plans how the layers lie on crossbars, in which order their weights are written, and when. */
export function solve(problem: CrossbarProblem, budget: Budget): Outcome<CrossbarPlan> {
  const matrices = problem.layers.map(({ weights, ...layer }): Matrix => ({ ...layer, values: decodeWeights(weights)! }));
  const choice = choose(problem, matrices, budget);
  if (choice === undefined) return unplaced(problem, matrices);
  return planned(problem, choice, assemble(problem, matrices, choice, budget));
}

function planned(problem: CrossbarProblem, choice: Choice, assembly: Assembly): Outcome<CrossbarPlan> {
  const { machine, layers, objective } = problem;
  const shop = { writers: machine.programming.writers, firing: machine.firing, after: layers.map(({ after }) => after) };
  const { sequences, length } = schedule(assembly.lines, INFERENCES, shop);
  if (length > LONGEST)
    return { status: "unknown", reason: `a table takes ${length} s; beyond ${LONGEST} s picoseconds are not counted exactly` };
  const claims = {
    latency: seconds(length / INFERENCES),
    energy: (assembly.energy / INFERENCES) as Picojoules,
    cellWrites: assembly.cellWrites / INFERENCES,
    maxCellWrites: assembly.maxCellWrites / INFERENCES,
  };
  const plan: CrossbarPlan = {
    kind: "crossbar",
    mappings: assembly.layers.map(mappingOf),
    inferences: INFERENCES,
    sequences,
    levels: levelsOf(problem, choice, assembly, claims.latency),
    claims,
  };
  // Times in the ticks that the judge counts.
  const value = {
    programming: (waiting(sequences, length) / INFERENCES) * TICKS,
    latency: claims.latency * TICKS,
    energy: claims.energy as number,
    endurance: claims.maxCellWrites,
  }[objective];
  const { bound, proof } = leastOf(problem);
  const least = objective === "latency" || objective === "programming" ? Math.floor(bound * TICKS) : bound;
  return { status: "feasible", plan, value, bound: Math.min(value, least), scope: "all configurations", proof };
}

const mappingOf = ({ encoding, layout, sharing, spread, rounds, top, fill, table, matrix }: Placed): Mapping => ({
  encoding,
  layout,
  sharing,
  spread,
  rounds,
  top: typeof top === "number" ? top : [...top],
  ...(fill === undefined ? {} : { fill }),
  table: encodeTable(table, matrix.inputs),
});
