import { renew, wearOf } from "../../cost/crossbar/cells.js";
import { account, benchOf } from "./account.js";
import { type Assembly, INFERENCES } from "./assembly.js";
import { visitsOn } from "./loads.js";
import type { CrossbarProblem, Rotation } from "./plan.js";
import { turntable } from "./rotation.js";

/** How to turn what the crossbars hold where cells shall last: for endurance, and where the writes of a cell are limited. Nothing turns otherwise, as it only costs. */
export function rotationOf(
  { objective, mostCellWrites, machine }: CrossbarProblem,
  { loads, layers, cellWrites }: Assembly,
): Rotation | undefined {
  if ((objective !== "endurance" && mostCellWrites === undefined) || cellWrites === 0) return undefined;
  const bench = benchOf(machine);
  const worn = wearOf(bench.format);
  const table = turntable(machine, INFERENCES);
  for (let x = 0; x < machine.crossbars; x++) {
    renew(worn);
    account(visitsOn(loads, x), layers, machine, bench, () => undefined, worn);
    table.see(bench.cells, worn);
  }
  return table.best();
}
