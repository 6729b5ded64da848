import type { Operator, TensorId } from "../../graph/graph.js";
import { plainForm, type Roles, rolesOf, sameForm } from "./forms.js";
import { isCombine, same } from "./rules.js";
import { type Arrival, arrive, dataReads, dims, isObstacle, isWeight, lay, type Obstacle, product, type Scene, sized } from "./scene.js";

/** Two or more operands, element by element; one of one pixel goes with every pixel of the others. */
export function combination(scene: Scene, op: Operator): true | Obstacle | undefined {
  if (!isCombine(op) || op.inputs.length < 2) return undefined;
  const [result] = op.outputs;
  const [nest] = op.nests;
  if (result === undefined || nest === undefined) return { code: "PIP-4", reason: "its loops are not known" };
  const shape = dims(scene, result);
  const operands = [...new Set(dataReads(scene, nest).map(({ tensor }) => tensor))];
  const first = operands.find((t) => product(dims(scene, t)) === product(shape));
  const formOf = (t: TensorId) => {
    const { sizes, axes } = scene.places[t]!.form;
    return { sizes, axes: [...shape.slice(axes.length).map(() => []), ...axes] };
  };
  if (first === undefined) return { code: "PIP-6", reason: "none of its operands has the shape of its result" };
  const form = formOf(first);
  const { map } = scene.places[first]!;
  if (operands.every((t) => sameForm(formOf(t), form))) {
    const inputs = operands.map((t): Arrival => ({ from: scene.places[t]!.from, tensor: t, map: { ...map, bits: scene.places[t]!.bits } }));
    lay(scene, { operator: op, kind: "combine", inputs, output: map, takes: "clamp" }, result, form);
    return true;
  }
  const roles = rolesOf(form, map);
  if (roles === undefined) return { code: "PIP-6", reason: "its operands come in different orders" };
  const inputs: Arrival[] = [];
  for (const t of operands) {
    const lead = shape.length - dims(scene, t).length;
    const own = (axes: readonly number[]) =>
      axes.flatMap((axis) => (axis >= lead && dims(scene, t)[axis - lead]! > 1 ? [axis - lead] : []));
    const theirs = { rows: own(roles.rows), columns: own(roles.columns), channels: own(roles.channels) };
    const input = arrive(scene, op, t, theirs);
    if (isObstacle(input)) return input;
    const { channels, height, width } = input.map;
    if (channels !== map.channels || (height * width !== 1 && height * width !== map.height * map.width))
      return {
        code: "PIP-6",
        reason: `repeats ${height} x ${width} x ${channels} over ${map.height} x ${map.width} x ${map.channels}; an engine repeats a pixel`,
      };
    inputs.push(input);
  }
  lay(scene, { operator: op, kind: "combine", inputs, output: map, takes: "clamp" }, result, plainForm(shape, roles));
  return true;
}

export function concatenation(scene: Scene, op: Operator): true | Obstacle | undefined {
  if (op.type !== "Concat") return undefined;
  const [result] = op.outputs;
  if (result === undefined || op.inputs.length === 0) return { code: "PIP-4", reason: "its loops are not known" };
  const shape = dims(scene, result);
  const given = Number(op.attributes.axis ?? 1);
  const axis = given < 0 ? given + shape.length : given;
  const parts = op.nests.flatMap(({ reads }) => reads.map(({ tensor }) => tensor));
  if (parts.some((t) => isWeight(scene, t))) return { code: "PIP-6", reason: "puts constants beside values computed at run time" };
  const [first] = parts;
  const place = first === undefined ? undefined : scene.places[first];
  const found = place && rolesOf(place.form, place.map);
  const others = shape.flatMap((size, a) => (a !== axis && size > 1 ? [a] : []));
  const roles: Roles | undefined =
    found && !found.rows.includes(axis) && !found.columns.includes(axis)
      ? { ...found, channels: [axis] }
      : others.length === 0
        ? { rows: [], columns: [], channels: [axis] }
        : undefined;
  if (roles === undefined || !same(others, [...roles.rows, ...roles.columns]))
    return { code: "PIP-6", reason: `puts its operands beside each other along axis ${axis}, which is not their channels` };
  const inputs: Arrival[] = [];
  for (const t of parts) {
    const input = arrive(scene, op, t, roles);
    if (isObstacle(input)) return input;
    inputs.push(input);
  }
  lay(scene, { operator: op, kind: "concatenation", inputs, output: sized(shape, roles) }, result, plainForm(shape, roles));
  return true;
}
