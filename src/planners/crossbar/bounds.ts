import { slicesOf } from "../../cost/crossbar/encoding.js";
import { inputCycles } from "../../cost/crossbar/firing.js";
import { ENCODINGS } from "../../target/crossbar-target.js";
import type { Work } from "./loads.js";
import type { CrossbarProblem, Layer } from "./plan.js";

/** What no plan for the problem goes below, whatever the mapping, and why. */
export function leastOf(problem: CrossbarProblem): { readonly bound: number; readonly proof: string } {
  const { layers, machine, objective, batch } = problem;
  switch (objective) {
    case "latency":
      return {
        bound: Math.max(
          latestEnd(
            layers,
            layers.map((layer) => leastFiring(layer, problem)),
          ),
          layers.reduce((sum, layer) => sum + leastBusy(layer, problem), 0) / Math.min(machine.crossbars, machine.firing),
        ),
        proof:
          "every row of an operation unit holds one input of a vector at a time, so each layer has its least number of activations; all crossbars share them in whole cycles of every vector, and layers follow one another",
      };
    case "energy":
      return {
        bound: layers.reduce((sum, layer) => sum + leastActivations(layer, problem) * layer.vectors * batch, 0) * machine.unitEnergy,
        proof:
          "every row of an operation unit holds one input of a vector at a time, so each layer has its least number of activations; writing is left out",
      };
    case "programming":
    case "endurance":
      return {
        bound: 0,
        proof:
          "none: in rounds enough every weight finds its code where it stands already, so that rows for all codes of an output never need writing, though firing takes as long as there are inputs",
      };
  }
}

/** Activations of operation units that a vector takes at least, over all input cycles. */
function leastActivations(layer: Layer, { machine, encoding, sharing }: CrossbarProblem): number {
  const { unit, cellBits, inputBits } = machine;
  const slices = Math.min(...(encoding === undefined ? ENCODINGS : [encoding]).map((e) => slicesOf(e, layer.bits, cellBits)));
  const most = Math.min(sharing ?? layer.outputs, layer.outputs);
  // A unit covers columns of one bundle, and rows that hold one input each. Bundles may have fewer outputs than share an order.
  const rowBlocks = Math.ceil(layer.inputs / unit.rows);
  let units = Number.POSITIVE_INFINITY;
  for (let outputs = 1; outputs <= most; outputs++)
    units = Math.min(units, Math.ceil(layer.outputs / outputs) * Math.ceil((outputs * slices) / unit.columns));
  return inputCycles(layer.inputBits, inputBits) * rowBlocks * layer.groups * units;
}

/** Seconds that crossbars fire for a layer at least, all added up. */
function leastBusy(layer: Layer, problem: CrossbarProblem): number {
  const { converters, cycle } = problem.machine;
  return (leastActivations(layer, problem) / converters) * layer.vectors * problem.batch * cycle;
}

/** Seconds that a layer fires at least: the busiest crossbar takes whole cycles for every vector. */
function leastFiring(layer: Layer, problem: CrossbarProblem): number {
  const { crossbars, firing, converters, cycle } = problem.machine;
  const share = leastActivations(layer, problem) / (converters * Math.min(crossbars, firing));
  const cycles = firing >= crossbars ? Math.ceil(share - 1e-9) : Math.max(1, share);
  return cycles * layer.vectors * problem.batch * cycle;
}

/** When the last layer ends where each begins once those it waits for have ended. */
function latestEnd(layers: readonly Layer[], times: readonly number[]): number {
  const end = new Float64Array(layers.length);
  layers.forEach(({ after }, l) => {
    end[l] = times[l]! + after.reduce((latest, before) => Math.max(latest, end[before]!), 0);
  });
  return end.reduce((latest, time) => Math.max(latest, time), 0);
}

/** Seconds per inference that no schedule of these loads goes below: longest path of firing, one crossbar's work, all writing, all firing, all fetching. */
export function leastSchedule({ layers, machine }: CrossbarProblem, work: Work, inferences: number): number {
  const longest = new Float64Array(layers.length);
  let [busiest, writes, fires, fetches] = [0, 0, 0, 0];
  for (let x = 0; x < machine.crossbars; x++) {
    const mine = new Float64Array(layers.length);
    let busy = 0;
    for (let at = work.begins[x]!; at < work.begins[x + 1]!; at++) {
      const [layer, program, fire] = [work.layer[at]!, work.program[at]!, work.fire[at]!];
      mine[layer] = mine[layer]! + fire / inferences;
      busy += program + fire;
      writes += program;
      fires += fire;
      fetches += work.fetch[at]!;
    }
    busiest = Math.max(busiest, busy);
    mine.forEach((time, l) => {
      longest[l] = Math.max(longest[l]!, time);
    });
  }
  const shared = Math.max(busiest, writes / machine.programming.writers, fires / machine.firing, fetches) / inferences;
  return Math.max(shared, latestEnd(layers, [...longest]));
}
