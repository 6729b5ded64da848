import type { Graph, Operator, OperatorId, TensorId } from "../../graph/graph.js";
import type { PipelineTarget } from "../../target/pipeline-target.js";
import { elementwise } from "./elementwise.js";
import { plainForm } from "./forms.js";
import { inputRoles } from "./input-roles.js";
import { combination, concatenation } from "./joins.js";
import { moved, resizing, selection } from "./moves.js";
import { multiplication, obstacleOf, pooling, view, wholePooling } from "./rules.js";
import { dims, type Obstacle, type Scene, sized, widthOf } from "./scene.js";

export interface Refused extends Obstacle {
  readonly operator: Operator;
}

/** A network cut into what the host runs before, the pipeline, and what the host runs after. */
export interface Layered {
  readonly scene: Scene;
  readonly before: readonly OperatorId[];
  readonly after: readonly OperatorId[];
  /** Tensors that the pipeline gives to the host. */
  readonly results: readonly TensorId[];
  /** Operators between others that multiply and accumulate, for which there is no engine. */
  readonly refused: readonly Refused[];
}

/**
 * Turns operators into engines, in the order of the graph. What has no engine and no MACs after it runs on the host behind
 * the pipeline; what has none before it, in front.
 */
export function layersOf(graph: Graph, precision: PipelineTarget["precision"]): Layered {
  const makers = new Map(graph.operators.flatMap((op) => op.outputs.map((t) => [t, op.id] as const)));
  const readers = readersOf(graph);
  const macsBelow = graph.operators.map(({ macs }) => macs > 0);
  const macsAbove = [...macsBelow];
  for (const { id, inputs } of graph.operators) macsAbove[id] ||= inputs.some((t) => makers.has(t) && macsAbove[makers.get(t)!]);
  for (const { id, outputs } of graph.operators.toReversed())
    macsBelow[id] ||= outputs.some((t) => readers[t]!.some((reader) => macsBelow[reader]));

  const before = new Set<OperatorId>();
  const ancestors = (id: OperatorId): void => {
    if (before.has(id)) return;
    before.add(id);
    for (const t of graph.operators[id]!.inputs) if (makers.has(t)) ancestors(makers.get(t)!);
  };
  // What turns out to belong in front of the pipeline changes where the pipeline begins: walk again without it.
  for (;;) {
    const scene: Scene = {
      graph,
      precision,
      readers,
      isOutput: new Set(graph.outputs),
      macsBelow,
      places: [],
      drafts: [],
      done: new Set(),
      views: new Set(),
      padded: new Map(),
    };
    const walked = walk(scene, before);
    const early = walked.refused.filter(({ operator }) => !macsAbove[operator.id]);
    if (early.length === 0) return { scene, before: [...before].toSorted((a, b) => a - b), ...walked };
    for (const { operator } of early) ancestors(operator.id);
  }
}

/** Who reads each tensor, of the operators that an output of the network depends on: no engine is built for the others. */
function readersOf({ operators, tensors, outputs }: Graph): OperatorId[][] {
  const readers: OperatorId[][] = tensors.map(() => []);
  const isOutput = new Set(outputs);
  for (const op of operators.toReversed())
    if (op.outputs.some((t) => isOutput.has(t) || readers[t]!.length > 0)) for (const t of new Set(op.inputs)) readers[t]!.unshift(op.id);
  return readers;
}

function walk(scene: Scene, before: ReadonlySet<OperatorId>): Omit<Layered, "scene" | "before"> {
  const { graph, readers, isOutput, places, macsBelow } = scene;
  const after = new Set<OperatorId>();
  const refused: Refused[] = [];
  const lost = new Set<TensorId>();
  const made = new Set(graph.operators.flatMap((op) => (before.has(op.id) ? [] : op.outputs)));
  const isHosts = new Set<TensorId>();

  for (const op of graph.operators) {
    if (before.has(op.id) || scene.done.has(op.id)) continue;
    if (!op.outputs.some((t) => readers[t]!.length > 0 || isOutput.has(t))) continue;
    const fixed = obstacleOf(scene, op);
    const known = !op.inputs.some((t) => lost.has(t));
    const host = op.inputs.some((t) => isHosts.has(t));
    if (!host && known && fixed === undefined)
      for (const t of op.inputs)
        if (!made.has(t) && places[t] === undefined) {
          const roles = inputRoles(scene, t);
          const map = sized(dims(scene, t), roles);
          places[t] = {
            from: undefined,
            map,
            form: plainForm(dims(scene, t), roles),
            bits: widthOf(graph.tensors[t]!, scene.precision),
            exclusive: false,
          };
        }
    const answer = host ? undefined : (fixed ?? (known ? engineOf(scene, op) : true));
    if (answer === true) {
      if (!known) for (const t of op.outputs) lost.add(t);
      continue;
    }
    if (host || !macsBelow[op.id]) {
      after.add(op.id);
      for (const t of op.outputs) isHosts.add(t);
      continue;
    }
    refused.push({ operator: op, ...answer! });
    for (const t of op.outputs) lost.add(t);
  }
  const handed = graph.tensors.filter(
    ({ id }) =>
      places[id] !== undefined && places[id].from !== undefined && (isOutput.has(id) || readers[id]!.some((reader) => after.has(reader))),
  );
  return { after: [...after], refused, results: handed.map(({ id }) => id) };
}

function engineOf(scene: Scene, op: Operator): true | Obstacle {
  if (op.inputs.length === 0) return { code: "PIP-4", reason: "makes values out of nothing at run time" };
  if (op.macs > 0) return multiplication(scene, op);
  return (
    view(scene, op) ??
    pooling(scene, op) ??
    wholePooling(scene, op) ??
    combination(scene, op) ??
    concatenation(scene, op) ??
    resizing(scene, op) ??
    selection(scene, op) ??
    moved(scene, op) ??
    elementwise(scene, op) ?? { code: "PIP-4", reason: "has no engine" }
  );
}
