import type { Outcome } from "../../base/outcome.js";
import { type Picojoules, seconds } from "../../base/units.js";
import { WAITING_SHARE } from "../../cost/crossbar/firing.js";
import type { Budget } from "../../search/budget.js";
import { LONGEST, TICKS } from "../../target/crossbar-target.js";
import { type Assembly, assemble, INFERENCES } from "./assembly.js";
import { leastOf } from "./bounds.js";
import { type Choice, choose } from "./choice.js";
import { unplaced } from "./conflict.js";
import { type Matrix, matrixOf, type Placed } from "./images.js";
import { encodeTable } from "./integers.js";
import { levelsOf } from "./levels.js";
import { inBetterOrder, keepsLimit, worthOf } from "./order-assembly.js";
import type { CrossbarPlan, CrossbarProblem, Mapping } from "./plan.js";
import { rotationOf } from "./rotation-plan.js";
import { timetable } from "./waiting-room.js";

/** Plans how the layers lie on crossbars, in which order their weights are written, and when. */
export function solve(problem: CrossbarProblem, budget: Budget): Outcome<CrossbarPlan> {
  const laid = laidDown(problem, budget);
  return "status" in laid ? laid : planned(problem, laid);
}

/** How everything lies and in which order it comes. Without the weights, which take much room and would outlive their use here. */
interface Laid extends Omit<Assembly, "layers"> {
  /** Of each layer; taken away one by one when tables become text, for both take much room. */
  readonly drafts: Draft[];
  readonly choice: Choice;
  readonly rotation: CrossbarPlan["rotation"];
}

function laidDown(problem: CrossbarProblem, budget: Budget): Laid | ReturnType<typeof unplaced> {
  const matrices = problem.layers.map(matrixOf);
  const found = bestOf(problem, matrices, budget);
  if (found === undefined) return unplaced(problem, matrices);
  const { choice, assembly } = found;
  const { layers, ...rest } = assembly;
  return { ...rest, drafts: layers.map(draftOf), choice, rotation: rotationOf(problem, assembly) };
}

/** The best choice with its tables, in order. By itself, for those of what is not taken may be as large. */
function bestOf(problem: CrossbarProblem, matrices: readonly Matrix[], budget: Budget) {
  // The contents of the best choice alone are put in order, which takes longest.
  let best: { readonly choice: Choice; readonly assembly: Assembly; readonly worth: number } | undefined;
  for (const choice of choose(problem, matrices, budget)) {
    if (best !== undefined && budget.stop()) break;
    const assembly = assemble(problem, matrices, choice, budget);
    const worth = keepsLimit(problem, assembly) ? worthOf(problem, assembly) : Number.POSITIVE_INFINITY;
    if (best === undefined || worth < best.worth) best = { choice, assembly, worth };
  }
  return best && { choice: best.choice, assembly: inBetterOrder(problem, best.choice, best.assembly, budget) };
}

function planned(problem: CrossbarProblem, laid: Laid): Outcome<CrossbarPlan> {
  const { objective, mostCellWrites = Number.POSITIVE_INFINITY } = problem;
  const { rotation, drafts } = laid;
  const maxCellWrites = laid.maxCellWrites / INFERENCES;
  if (maxCellWrites > mostCellWrites)
    return {
      status: "unknown",
      reason: `no plan was found within mostCellWrites ${mostCellWrites}: the best writes a cell ${maxCellWrites} times per inference`,
      fix: "allow more with --set mostCellWrites=..., or take more crossbars",
    };
  const table = timetable(problem, drafts, laid.loads, INFERENCES);
  if (table.kind === "overflows")
    return {
      status: "unknown",
      reason: `${table.bytes} B wait to be written at once; of the buffer ${table.room} B are for them`,
      fix: `take a larger buffer with --set buffer=...; this table would need ${Math.ceil(table.bytes / WAITING_SHARE)} B, and more on chip lets more wait`,
    };
  const { sequences, length, waiting } = table;
  if (length > LONGEST)
    return {
      status: "unknown",
      reason: `a table takes ${length} s; beyond ${LONGEST} s picoseconds are not counted exactly`,
      fix: "take a smaller network or batch, or a machine that fires, writes or fetches faster",
    };
  const claims = {
    latency: seconds(length / INFERENCES),
    energy: (laid.energy / INFERENCES) as Picojoules,
    cellWrites: laid.cellWrites / INFERENCES,
    maxCellWrites,
  };
  const mappings: Mapping[] = [];
  for (let draft = drafts.shift(); draft !== undefined; draft = drafts.shift()) {
    const { table, inputs, entries, ...mapping } = draft;
    mappings.push({ ...mapping, table: table === undefined ? [] : encodeTable(table, inputs, entries) });
  }
  const plan: CrossbarPlan = {
    kind: "crossbar",
    mappings,
    inferences: INFERENCES,
    sequences,
    ...(rotation && { rotation }),
    levels: levelsOf(problem, laid.choice, laid, claims.latency),
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

/** A mapping whose table is not text yet. */
interface Draft extends Omit<Mapping, "table"> {
  /** Where it is needed. */
  readonly table: Placed["table"] | undefined;
  readonly inputs: number;
  /** Of the table, for each bundle. */
  readonly entries: number;
}

const draftOf = ({
  encoding,
  layout,
  sharing,
  spread,
  rounds,
  top,
  deep,
  left,
  fill,
  table,
  ordered,
  matrix: { inputs },
  geometry: { lines },
}: Placed): Draft => ({
  encoding,
  layout,
  sharing,
  spread,
  rounds,
  top: typeof top === "number" ? top : [...top],
  ...(deep === undefined ? {} : { deep }),
  ...(left === undefined ? {} : { left: typeof left === "number" ? left : [...left] }),
  ...(fill === undefined ? {} : { fill }),
  table: ordered ? undefined : table,
  inputs,
  entries: rounds * lines,
});
