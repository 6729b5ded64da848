import type { Operator, TensorId } from "../../graph/graph.js";
import { isElementWise, isView } from "../../graph/semantics.js";
import { withoutUnread } from "./cropping.js";
import { plainForm, type Roles, reshaped, rolesOf, transposed } from "./forms.js";
import { axisBehind, factors, type Picked, picked, productRoles, type Slide, slideOf } from "./geometry.js";
import type { Kernel } from "./plan.js";
import {
  arrive,
  dataReads,
  dims,
  isObstacle,
  lay,
  type Obstacle,
  onlyReader,
  type Padded,
  product,
  type Scene,
  sized,
  widthOf,
} from "./scene.js";

/** Operators that only say how many bits an element has, or of which type it is. */
const WIDTHS = new Set([
  ...["Quant", "IntQuant", "BipolarQuant", "BinaryQuant", "FloatQuant", "Trunc", "MultiThreshold", "QuantizeLinear", "DequantizeLinear"],
  ...["Cast"],
]);

/** Operators on two or more operands, element by element. */
const COMBINES = new Set(["Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean", "QLinearAdd", "QLinearMul"]);

const POOLS = new Set(["MaxPool", "AveragePool", "LpPool"]);
const WHOLE_POOLS = new Set(["GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"]);
const SELECTS = new Set(["Slice", "Split", "Pad", "Gather"]);
const OTHERS = new Set(["Transpose", "Concat", "Resize", "Upsample", "DepthToSpace", "SpaceToDepth"]);
const RECURRENT = new Set(["LSTM", "GRU", "RNN", "Loop", "Scan", "If"]);

export const isSelect = ({ type }: Operator): boolean => SELECTS.has(type);
export const isCombine = ({ type }: Operator): boolean => COMBINES.has(type);

/** What no network around it could change: operators for which the pipeline has no engine. */
export function obstacleOf(scene: Scene, op: Operator): Obstacle | undefined {
  if (RECURRENT.has(op.type)) return { code: "PIP-7", reason: "repeats a computation; an engine runs once per frame" };
  if (op.macs > 0 || op.nests.some(({ kind }) => kind === "mac")) {
    const [nest] = op.nests;
    if (nest === undefined || op.nests.length > 1) return { code: "PIP-4", reason: "multiplies in a way that engines do not" };
    if (factors(scene, nest) === undefined) return { code: "PIP-5", reason: "multiplies two values computed at run time" };
    if (dataReads(scene, nest).length > 1) return { code: "PIP-6", reason: "adds a second operand while it multiplies" };
    return undefined;
  }
  const known = [WIDTHS, COMBINES, POOLS, WHOLE_POOLS, SELECTS, OTHERS].some((types) => types.has(op.type));
  return known || isView(op) || isElementWise(op) ? undefined : { code: "PIP-4", reason: "has no engine" };
}

/** The operator as a way of reading its operand; `undefined` where it is none. */
export function view(scene: Scene, op: Operator): true | Obstacle | undefined {
  const [t] = op.inputs;
  const [result] = op.outputs;
  if (t === undefined || result === undefined || op.inputs.length > 1) return undefined;
  const [shape, from] = [dims(scene, result), dims(scene, t)];
  const same = shape.length === from.length && shape.every((size, axis) => size === from[axis]);
  const moves = isView(op) || op.type === "Transpose";
  const idle =
    WIDTHS.has(op.type) || (SELECTS.has(op.type) && same && op.nests.every((n) => n.reads.every((r) => picked(n, r)?.every(isStill))));
  if (!moves && !idle) return undefined;
  const place = scene.places[t]!;
  const permutation = op.attributes.perm;
  const form =
    op.type === "Transpose"
      ? transposed(place.form, Array.isArray(permutation) ? permutation.map(Number) : from.map((_, i) => from.length - 1 - i))
      : same
        ? place.form
        : reshaped(place.form, shape);
  if (form === undefined)
    return { code: "PIP-6", reason: `turns ${from.join(" x ")} into ${shape.join(" x ")}, which cuts across its axes` };
  const own = widthOf(scene.graph.tensors[result]!, scene.precision);
  const bits = WIDTHS.has(op.type) ? own : Math.min(own, place.bits);
  scene.places[result] = { ...place, form, bits, exclusive: place.exclusive && onlyReader(scene, t) };
  scene.done.add(op.id);
  scene.views.add(op.id);
  return true;
}

const isStill = ({ from, to, start, step, count }: Picked): boolean => start === 0 && (count === 1 || (step === 1 && to === from));

/** Convolution, transposed convolution, Gemm and MatMul by constants. */
export function multiplication(scene: Scene, op: Operator): true | Obstacle {
  const [nest] = op.nests;
  const both = nest && factors(scene, nest);
  const [result] = op.outputs;
  if (nest === undefined || both === undefined || result === undefined) return { code: "PIP-4", reason: "its loops are not known" };
  const pad = scene.padded.get(both.read.tensor);
  const slides = nest.loops.some(({ name }) => /^F[YX]$/.test(name));
  const roles = slides ? slideOf(scene, op, nest, both.read) : inPlace(scene, both.read.tensor, productRoles(nest, both.read, both.weight));
  if (isObstacle(roles)) return roles;
  const whole = arrive(scene, op, pad?.tensor ?? both.read.tensor, roles.from, !slides);
  if (isObstacle(whole)) return whole;
  const shape = dims(scene, result);
  const output = sized(shape, roles.to);
  const groups = slides ? (nest.loops.find(({ name }) => name === "G")?.size ?? 1) : 1;
  const isTransposed = nest.loops.some(({ name }) => /^I[YX]$/.test(name));
  const cut = withoutUnread(scene, op, whole, around(roles.kernel, pad), isTransposed);
  if (isObstacle(cut)) return cut;
  const { input, kernel } = cut;
  lay(
    scene,
    {
      operator: op,
      kind: isTransposed ? "transposed" : "convolution",
      inputs: [input],
      output,
      kernel,
      groups,
      weights: { tensor: both.weight.tensor, products: (input.map.channels / groups) * kernel.height * kernel.width },
      biased: op.weights.some((w) => w !== both.weight.tensor && product(dims(scene, w)) === output.channels && isBias(scene, op, w)),
      takes: "affine",
    },
    result,
    plainForm(shape, roles.to),
  );
  return true;
}

/** A product over the pixels of a map leaves them in its rows and columns. */
function inPlace(scene: Scene, t: TensorId, product: Slide | Obstacle): Slide | Obstacle {
  if (isObstacle(product)) return product;
  const { form, map } = scene.places[t]!;
  const { from, to } = product;
  const own = rolesOf(form, map);
  if (own === undefined || from.columns.length !== to.columns.length) return product;
  const split = ({ columns, channels }: Roles): Roles => {
    const are = (list: readonly number[]) => columns.filter((_, i) => list.includes(from.columns[i]!));
    const rows = are(own.rows);
    return { rows, columns: columns.filter((axis) => !rows.includes(axis)), channels };
  };
  return { ...product, from: split(from), to: split(to) };
}

/** Quantised operators carry scales of the same length as their bias; only the bias is wide. */
const isBias = ({ graph }: Scene, { type }: Operator, w: TensorId): boolean =>
  !/QLinear|QGemm|Integer/.test(type) || graph.tensors[w]!.elementType === "int32";

const around = (kernel: Kernel, pad: Padded | undefined): Kernel =>
  pad === undefined
    ? kernel
    : {
        ...kernel,
        top: kernel.top + pad.top,
        left: kernel.left + pad.left,
        bottom: kernel.bottom + pad.bottom,
        right: kernel.right + pad.right,
      };

export function pooling(scene: Scene, op: Operator): true | Obstacle | undefined {
  if (!POOLS.has(op.type)) return undefined;
  const [result, indices] = op.outputs;
  const [nest] = op.nests;
  const [read] = nest?.reads ?? [];
  if (nest === undefined || read === undefined || result === undefined) return { code: "PIP-4", reason: "its windows are not known" };
  if (indices !== undefined && (scene.readers[indices]!.length > 0 || scene.isOutput.has(indices)))
    return { code: "PIP-4", reason: "gives the positions of the largest elements" };
  const slide = slideOf(scene, op, nest, read);
  if (isObstacle(slide)) return slide;
  const pad = scene.padded.get(read.tensor);
  const all = arrive(scene, op, pad?.tensor ?? read.tensor, slide.from);
  if (isObstacle(all)) return all;
  const shape = dims(scene, result);
  const cut = withoutUnread(scene, op, all, around(slide.kernel, pad), false);
  if (isObstacle(cut)) return cut;
  const { input, kernel } = cut;
  const covers = kernel.height === input.map.height && kernel.width === input.map.width;
  const output = sized(shape, slide.to);
  const whole =
    covers && output.height * output.width === 1 && [kernel.top, kernel.left, kernel.bottom, kernel.right].every((p) => p === 0);
  lay(
    scene,
    { operator: op, kind: whole ? "globalPooling" : "pooling", inputs: [input], output, ...(whole ? {} : { kernel }), takes: "clamp" },
    result,
    plainForm(shape, slide.to),
  );
  return true;
}

/** Over all pixels of a map: global poolings, and reductions along rows and columns. */
export function wholePooling(scene: Scene, op: Operator): true | Obstacle | undefined {
  if (!WHOLE_POOLS.has(op.type)) return undefined;
  const [t] = op.inputs;
  const [result] = op.outputs;
  const [nest] = op.nests;
  const read = nest?.reads.find(({ tensor }) => tensor === t);
  if (t === undefined || result === undefined || nest === undefined || read === undefined)
    return { code: "PIP-4", reason: "what it reduces is not known" };
  const [shape, from] = [dims(scene, result), dims(scene, t)];
  const kept = shape.map((_, to) => axisBehind(nest, read, to));
  const reduced = from.flatMap((size, axis) => (size > 1 && !kept.includes(axis) ? [axis] : []));
  const place = scene.places[t]!;
  const roles = rolesOf(place.form, place.map);
  if (roles === undefined || !same(reduced, [...roles.rows, ...roles.columns]))
    return {
      code: "PIP-4",
      reason: `reduces along ${reduced.length === 1 ? "axis" : "axes"} ${reduced.join(", ")}; the pipeline reduces over rows and columns together`,
    };
  const input = arrive(scene, op, t, roles);
  if (isObstacle(input)) return input;
  const channels = shape.flatMap((_, to) => (kept[to] !== undefined && roles.channels.includes(kept[to]) ? [to] : []));
  const output = { channels: input.map.channels, height: 1, width: 1 };
  lay(
    scene,
    { operator: op, kind: "globalPooling", inputs: [input], output, takes: "clamp" },
    result,
    plainForm(shape, { rows: [], columns: [], channels }),
  );
  return true;
}

export const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((x) => b.includes(x));
