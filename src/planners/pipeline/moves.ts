import type { Operator, TensorId } from "../../graph/graph.js";
import { arrival, plainForm, rolesOf } from "./forms.js";
import { picked } from "./geometry.js";
import type { Kernel } from "./plan.js";
import { isSelect } from "./rules.js";
import { type Arrival, arrive, dims, isObstacle, lay, type Obstacle, product, type Scene, sized, UNIT } from "./scene.js";

export function resizing(scene: Scene, op: Operator): true | Obstacle | undefined {
  if (op.type !== "Resize" && op.type !== "Upsample") return undefined;
  const [t] = op.inputs;
  const [result] = op.outputs;
  const [nest] = op.nests;
  if (t === undefined || result === undefined || nest?.kind !== "pointwise")
    return { code: "PIP-4", reason: "is not by whole factors to the nearest neighbour" };
  const [shape, from] = [dims(scene, result), dims(scene, t)];
  const place = scene.places[t]!;
  const roles = rolesOf(place.form, place.map);
  if (roles === undefined || roles.channels.some((axis) => shape[axis] !== from[axis]))
    return { code: "PIP-6", reason: "repeats channels; the pipeline repeats rows and columns" };
  const input = arrive(scene, op, t, roles);
  if (isObstacle(input)) return input;
  const output = sized(shape, roles);
  const kernel = { ...UNIT, strideY: output.height / input.map.height, strideX: output.width / input.map.width };
  lay(scene, { operator: op, kind: "resize", inputs: [input], output, kernel }, result, plainForm(shape, roles));
  return true;
}

/** Parts of a map, or zeros around it: some channels, rows and columns, in the stream's order. */
export function selection(scene: Scene, op: Operator): true | Obstacle | undefined {
  if (!isSelect(op)) return undefined;
  const [t] = op.inputs;
  if (t === undefined || op.inputs.length > 1 || op.nests.length === 0)
    return { code: "PIP-4", reason: "what it reads is not fixed in advance" };
  const place = scene.places[t]!;
  const roles = rolesOf(place.form, place.map);
  if (
    roles === undefined ||
    arrival(place.form, roles) === "whole" ||
    [roles.rows, roles.columns, roles.channels].some((axes) => axes.length > 1)
  )
    return { code: "PIP-6", reason: "takes parts of something that is not channels x rows x columns" };
  const from = dims(scene, t);
  for (const nest of op.nests) {
    const result = nest.write.tensor;
    if (scene.readers[result]!.length === 0 && !scene.isOutput.has(result)) continue; // nobody wants that part
    const read = nest.reads.find(({ tensor }) => tensor === t);
    const axes = read && picked(nest, read);
    if (axes === undefined) return { code: "PIP-6", reason: "mixes the axes of its operand" };
    const at = (list: readonly number[]) =>
      axes.find(({ from: axis }) => axis === list[0]) ?? { from: -1, to: undefined, start: 0, step: 1, count: 1 };
    const [y, x] = [at(roles.rows), at(roles.columns)];
    if (y.step < 1 || x.step < 1) return { code: "PIP-6", reason: "reads rows or columns backwards" };
    const grown = axes.find(({ from: axis, count }) => count > 1 && ![...roles.rows, ...roles.columns, ...roles.channels].includes(axis));
    const shape = dims(scene, result);
    const to = (list: readonly number[]) => list.flatMap((axis) => axes[axis]!.to ?? []);
    const after = { rows: to(roles.rows), columns: to(roles.columns), channels: to(roles.channels) };
    if (grown !== undefined) {
      // An axis of one element that grows: channels where there were none, else something that is no map.
      if (roles.channels.length > 0 || grown.to === undefined)
        return { code: "PIP-6", reason: "makes more than channels x rows x columns" };
      after.channels.push(grown.to);
    }
    const output = sized(shape, after);
    if (output.channels * output.height * output.width !== product(shape))
      return { code: "PIP-6", reason: "repeats a row or column; the pipeline hands on each at most once" };
    const height = roles.rows.length === 0 ? 1 : from[roles.rows[0]!]!;
    const width = roles.columns.length === 0 ? 1 : from[roles.columns[0]!]!;
    const window: Kernel = {
      ...UNIT,
      strideY: y.step,
      strideX: x.step,
      top: 0 - y.start,
      left: 0 - x.start,
      bottom: (output.height - 1) * y.step + 1 - height + y.start,
      right: (output.width - 1) * x.step + 1 - width + x.start,
    };
    if (isAdded(scene, op, result, window, output.channels === place.map.channels)) {
      scene.padded.set(result, { tensor: t, operator: op, top: window.top, left: window.left, bottom: window.bottom, right: window.right });
      scene.places[result] = { ...place, exclusive: false };
      scene.done.add(op.id);
      continue;
    }
    const input: Arrival = { from: place.from, tensor: t, map: { ...place.map, bits: place.bits } };
    lay(scene, { operator: op, kind: "rearrange", inputs: [input], output, kernel: window }, result, plainForm(shape, after));
  }
  return true;
}

/** Whether zeros around a map can be left to the windows that read it. */
function isAdded(
  { graph, readers, isOutput }: Scene,
  op: Operator,
  t: TensorId,
  { top, left, bottom, right }: Kernel,
  channels: boolean,
): boolean {
  return (
    op.type === "Pad" &&
    channels &&
    [top, left, bottom, right].every((zeros) => zeros >= 0) &&
    !isOutput.has(t) &&
    readers[t]!.every((id) => {
      const { type, macs, nests } = graph.operators[id]!;
      return type === "MaxPool" || (macs > 0 && nests.some((nest) => nest.loops.some(({ name }) => /^O[YX]$/.test(name))));
    })
  );
}

/** Depth to space and back: elements change places over the whole map. */
export function moved(scene: Scene, op: Operator): true | Obstacle | undefined {
  if (op.type !== "DepthToSpace" && op.type !== "SpaceToDepth") return undefined;
  const [t] = op.inputs;
  const [result] = op.outputs;
  if (t === undefined || result === undefined) return undefined;
  if (!scene.macsBelow[op.id])
    return { code: "PIP-6", reason: "needs elements in an order that takes the whole map in memory", evitable: true };
  const place = scene.places[t]!;
  const roles = { rows: [2], columns: [3], channels: [1] };
  const shape = dims(scene, result);
  const input: Arrival = { from: place.from, tensor: t, map: { ...place.map, bits: place.bits } };
  lay(scene, { operator: op, kind: "rearrange", inputs: [input], output: sized(shape, roles) }, result, plainForm(shape, roles));
  return true;
}
