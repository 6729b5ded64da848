import { add, type Bytes, bytes } from "../../base/units.js";
import type { Graph, Operator, OperatorId, TensorId } from "../../graph/graph.js";
import { assumedBits, assumedBytes } from "../../target/precision.js";
import type { Precision } from "../../target/target.js";
import { spatialAxes } from "./axes.js";
import { grown } from "./fold.js";
import type { FeatureMap, Layer, MapId, Read } from "./plan.js";
import { flatRoot, macRoot, type Root, vectorRoot } from "./roots.js";
import { channelwise, count, planes, type Scene } from "./scene.js";
import { makeViews, type Part } from "./views.js";
import { POINT, settled, united, whole } from "./windows.js";

/** A network as layers over feature maps. */
export interface Layered {
  readonly maps: readonly FeatureMap[];
  readonly layers: readonly Layer[];
  /** Per layer, the operators folded into it, the one that computes first. */
  readonly operators: readonly (readonly OperatorId[])[];
  /** Operators that only say how maps are read. */
  readonly views: readonly OperatorId[];
}

/** Turns operators into layers, in the order of the graph. Every operator ends in one layer or among the views. */
export function layersOf(graph: Graph, precision: Precision): Layered {
  const axes = spatialAxes(graph);
  const readers: OperatorId[][] = graph.tensors.map(() => []);
  for (const op of graph.operators) for (const t of new Set(op.inputs)) readers[t]!.push(op.id);
  const views = makeViews(graph, axes, readers);
  const scene: Scene = { graph, axes, readers, views, isOutput: new Set(graph.outputs) };

  const maps: FeatureMap[] = [];
  const layers: Layer[] = [];
  const operators: (readonly OperatorId[])[] = [];
  const layered = new Set<OperatorId>();
  const bits = (t: TensorId) => assumedBits(graph.tensors[t]!, precision);
  const weightOf = (ids: Iterable<TensorId>) =>
    [...ids].reduce<Bytes>((sum, t) => add(sum, assumedBytes(graph.tensors[t]!, precision)), bytes(0));

  const inputs = new Set([...graph.inputs, ...graph.operators.flatMap((op) => op.inputs)]);
  const made = new Set(graph.operators.flatMap((op) => op.outputs));
  for (const t of graph.tensors) {
    if (!inputs.has(t.id) || made.has(t.id)) continue;
    if (count(t) === 0 || (readers[t.id]!.length === 0 && !scene.isOutput.has(t.id))) {
      views.settle(t.id, []);
      continue;
    }
    views.settle(t.id, [{ map: maps.length, y: POINT, x: POINT }]);
    maps.push({ name: t.name, ...planes(t, axes[t.id]!), bits: bits(t.id), kind: "input" });
  }

  for (const op of graph.operators) {
    if (layered.has(op.id) || views.has(op.id)) continue;
    const outputs = op.outputs.filter((t) => count(graph.tensors[t]!) > 0);
    if (outputs.length === 0) {
      views.skip(op.id);
      continue;
    }
    const map = maps.length;
    const root = rootOf(scene, op, outputs);
    const fold = outputs.length === 1 ? grown(scene, root, op, outputs[0]!, map) : undefined;
    const members = [op.id, ...(fold?.operators ?? [])];
    const result = fold?.result ?? outputs[0]!;
    for (const id of members) layered.add(id);
    for (const [t, part] of fold?.parts ?? outputs.map((t) => [t, { map, y: whole(1), x: whole(1) }] as const)) views.settle(t, [part]);
    maps.push({
      name: graph.tensors[result]!.name,
      ...(fold?.planes ?? { channels: outputs.reduce((n, t) => n + count(graph.tensors[t]!), 0), height: 1, width: 1 }),
      bits: Math.max(...(outputs.length === 1 ? [result] : outputs).map(bits)),
      kind: "activation",
    });
    layers.push({
      name: op.name,
      type: op.type,
      operators: members.map((id) => graph.operators[id]!.name),
      kind: root.kind,
      reads: merged([...root.reads, ...(fold?.reads ?? [])], maps, root.computed),
      writes: map,
      computed: root.computed,
      pooling: poolingOf(fold === undefined ? root.pooling : fold.pooling, maps[map]!, root.computed),
      shape: root.shape,
      weights: weightOf(new Set(members.flatMap((id) => graph.operators[id]!.weights))),
      ...(root.factor !== undefined && { factorBits: bits(root.factor) }),
    });
    operators.push(members);
  }
  for (const t of graph.outputs) deliver(scene, t, bits(t), maps, layers, operators);
  return { maps, layers, operators, views: views.list() };
}

function rootOf(scene: Scene, op: Operator, outputs: readonly TensorId[]): Root {
  const nests = op.nests.filter(({ write }) => outputs.includes(write.tensor));
  if (outputs.length === 1 && nests.length === op.nests.length) {
    const root = nests.some(({ kind }) => kind === "mac") ? macRoot(scene, op) : vectorRoot(scene, op);
    if (root !== undefined) return root;
  }
  return flatRoot(
    scene,
    op,
    outputs.reduce((n, t) => n + count(scene.graph.tensors[t]!), 0),
    outputs.length === 1 ? planes(scene.graph.tensors[outputs[0]!]!, scene.axes[outputs[0]!]!) : undefined,
  );
}

/** Sees that the maps of a network output leave the chip: as they are, or moved into one where the output is less or more than they. */
function deliver(
  { graph, axes, views }: Scene,
  output: TensorId,
  bits: number,
  maps: FeatureMap[],
  layers: Layer[],
  operators: (readonly OperatorId[])[],
): void {
  const tensor = graph.tensors[output]!;
  const parts = views.of(output) ?? [];
  if (parts.length === 0 || parts.every(({ map }) => maps[map]!.kind === "input" && sizeOf(maps[map]!) === count(tensor))) return;
  const beneath = [...new Set(parts.map(({ map }) => map))];
  const same = beneath.reduce((n, map) => n + sizeOf(maps[map]!), 0) === count(tensor) && beneath.every((m) => maps[m]!.kind !== "input");
  if (same) {
    for (const map of beneath) maps[map] = { ...maps[map]!, kind: "output" };
    return;
  }
  const shape = planes(tensor, axes[output]!);
  layers.push({
    name: tensor.name,
    type: "Move",
    operators: [],
    kind: "move",
    reads: merged(parts, maps, shape),
    writes: maps.length,
    computed: { height: shape.height, width: shape.width },
    pooling: undefined,
    shape: channelwise(shape.channels),
    weights: bytes(0),
  });
  operators.push([]);
  maps.push({ name: tensor.name, ...shape, bits, kind: "output" });
}

/** Each map once, with a window that covers all reads of it from the computed elements. */
function merged(parts: readonly Part[], maps: readonly FeatureMap[], computed: Layer["computed"]): readonly Read[] {
  const reads = new Map<MapId, Read>();
  for (const { map, y, x } of parts) {
    const known = reads.get(map);
    const { height, width } = maps[map]!;
    reads.set(map, { map, y: hull(known?.y, y, height, computed.height), x: hull(known?.x, x, width, computed.width) });
  }
  return [...reads.values()];
}

function poolingOf(pooling: Layer["pooling"], to: FeatureMap, from: Layer["computed"]): Layer["pooling"] {
  if (pooling === undefined) return undefined;
  return { y: settled(pooling.y, to.height, from.height), x: settled(pooling.x, to.width, from.width) };
}

function hull(a: Read["y"] | undefined, b: Read["y"], length: number, computed: number): Read["y"] {
  return settled(a === undefined ? b : united(a, b, length), computed, length);
}

const sizeOf = (m: FeatureMap): number => m.channels * m.height * m.width;
