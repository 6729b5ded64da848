import { bad, type Checked, type Diagnostic, fail, good } from "../../base/diagnostic.js";
import { plainLoads } from "../../cost/crossbar/geometry.js";
import type { Graph, TensorId } from "../../graph/graph.js";
import type { Weights } from "../../onnx/weight-values.js";
import type { CrossbarTarget } from "../../target/crossbar-target.js";
import { encodeWeights } from "./integers.js";
import { type CrossbarProblem, type Layer, type LayerId, type Machine, OBJECTIVES } from "./plan.js";
import { formOf, integersOf } from "./products.js";

export interface Goal {
  readonly objective: string;
}

/** Integers where neither the model nor the target says. */
const USUAL_BITS = 8;

/** Weights of a layer whose text a string can hold: four characters for three, and strings of some engines end at half a billion. */
const MOST_WEIGHTS = 400_000_000;

/** Network x crossbars -> the self-contained problem: matrix products with their integers, what waits for what, the machine. */
export function pose(graph: Graph, target: CrossbarTarget, goal: Goal, weights: () => Checked<Weights>): Checked<CrossbarProblem> {
  const objective = OBJECTIVES.find((name) => name === goal.objective);
  if (objective === undefined)
    return bad(
      fail(
        "XBR-1",
        `target ${target.name}`,
        `a crossbar target serves ${OBJECTIVES.join(", ")}; not ${goal.objective}`,
        `use --objective ${OBJECTIVES.join(", ")}`,
      ),
    );
  const read = weights();
  if (!read.ok) return read;
  const layers: Layer[] = [];
  const errors: Diagnostic[] = [];
  const beside: string[] = [];
  /** Layers that a tensor's values wait for. */
  const waits = new Map<TensorId, ReadonlySet<LayerId>>();
  for (const op of graph.operators) {
    const after = new Set(op.inputs.flatMap((t) => [...(waits.get(t) ?? [])]));
    const product = op.macs > 0 ? formOf(graph, op) : undefined;
    if (product === undefined) {
      if (op.macs > 0) beside.push(op.name);
      for (const t of op.outputs) waits.set(t, after);
      continue;
    }
    const tensor = graph.tensors[product.weight]!;
    const { groups, inputs, outputs, vectors } = product.form;
    if (groups * inputs * outputs > MOST_WEIGHTS)
      return bad(
        fail(
          "XBR-5",
          op.name,
          `multiplies by ${groups * inputs * outputs} weights; plan files carry at most ${MOST_WEIGHTS} of a layer`,
          "split it into several layers of fewer outputs",
        ),
      );
    const found = integersFor(read.value, tensor, product.form, target);
    if (!found.ok) {
      errors.push(...found.errors);
      for (const t of op.outputs) waits.set(t, after);
      continue;
    }
    const { values, bits } = found.value;
    const id = layers.length;
    layers.push({
      name: op.name,
      type: op.type,
      groups,
      inputs,
      outputs,
      vectors,
      after: [...after],
      weights: encodeWeights(values),
      bits,
      inputBits: target.activationBits ?? Math.min(USUAL_BITS, graph.tensors[op.inputs[0]!]!.bits),
    });
    for (const t of op.outputs) waits.set(t, new Set([id]));
  }
  const [first, ...others] = errors;
  if (first !== undefined) return bad(first, ...others);
  if (layers.length === 0)
    return bad(
      fail(
        "XBR-2",
        graph.name,
        "no operator multiplies by constants: nothing would lie on crossbars",
        "check that the model is the one you meant",
      ),
    );
  const invented = read.value.invented();
  return good({
    kind: "crossbar",
    objective,
    machine: machineOf(target, layers),
    sharing: target.sharing,
    encoding: target.encoding,
    batch: target.batch,
    mostCellWrites: target.mostCellWrites,
    layers,
    assumptions: [
      ...(beside.length === 0
        ? []
        : [`products of activations are computed beside the crossbars, their time not counted: ${beside.join(", ")}`]),
      ...(invented.length === 0
        ? []
        : [
            `the values of ${invented.length} weights are not at hand and random ones stand in: what writing costs is no figure of this network`,
          ]),
    ],
  });
}

/** The integers of a weight. By itself, for the values take eight times as much room and shall not outlive this. */
function integersFor(
  weights: Weights,
  { name, bits }: Graph["tensors"][number],
  form: Parameters<typeof integersOf>[1],
  { weightBits, scales }: CrossbarTarget,
): Checked<ReturnType<typeof integersOf>> {
  const found = weights.valuesOf(name);
  return found.ok ? good(integersOf(found.value, form, weightBits ?? Math.min(USUAL_BITS, bits), scales)) : found;
}

function machineOf(target: CrossbarTarget, layers: readonly Layer[]): Machine {
  const { rows, columns, cellBits, unit, inputBits, cycle, converters, unitEnergy, programming, offChip, buffer } = target;
  const need = layers.reduce((sum, layer) => sum + plainLoads(layer, { rows, columns, cellBits }), 0);
  const crossbars = "count" in target.crossbars ? target.crossbars.count : Math.max(1, Math.round(need * target.crossbars.share));
  return {
    crossbars,
    rows,
    columns,
    cellBits,
    unit,
    inputBits,
    cycle,
    converters,
    firing: target.firing ?? crossbars,
    unitEnergy,
    programming,
    offChipRate: offChip.bandwidth,
    offChipEnergy: offChip.energy,
    buffer,
  };
}
