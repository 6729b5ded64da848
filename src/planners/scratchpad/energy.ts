import { add, type Bytes, bytes, type Picojoules, picojoules, subtract } from "../../base/units.js";
import { transferEnergy } from "../../cost/energy.js";
import type { Action, ScratchpadProblem } from "./plan.js";

/** Energy of a programme that runs every step: what the steps take, and every transfer past link and scratchpad. */
export function energyOf({ steps, buffers, machine }: ScratchpadProblem, actions: readonly Action[]): Picojoules {
  let sum = picojoules(0);
  for (const action of actions) {
    if (action.kind === "run") sum = add(sum, steps[action.step]!.energy);
    else if (action.kind === "fetch" || action.kind === "store") sum = add(sum, energyToMove(buffers[action.buffer]!.size, machine));
  }
  return sum;
}

/**
 * Energy that no plan undercuts: steps and compulsory transfers take the same in every plan, so the least energy is that
 * of the fewest bytes.
 *
 * @param energy of any plan, with the bytes that it spills and re-fetches
 * @param bound bytes spilled and re-fetched by every plan
 */
export const energyFloor = ({ machine }: ScratchpadProblem, energy: Picojoules, nonCompulsory: Bytes, bound: Bytes): Picojoules =>
  subtract(energy, energyToMove(bytes(Math.max(0, nonCompulsory - bound)), machine));

export const energyToMove = (size: Bytes, { offChipEnergy, memoryEnergy }: ScratchpadProblem["machine"]): Picojoules =>
  add(transferEnergy(size, offChipEnergy), transferEnergy(size, memoryEnergy));
