import { fold, VALUE_FREE } from "../fold/fold.js";
import { FOLD_LIMIT, type Inference, type NodeView, type Value } from "../node.js";
import { requireInputs } from "./arity.js";
import { ATTENTION, PREVIEW } from "./attention.js";
import { CLASSICAL } from "./classical.js";
import { AS_STANDARD, CONTRIB } from "./contrib.js";
import { CONTROL } from "./control.js";
import { CONVOLUTION } from "./convolution.js";
import { isKnown, MAX_ELEMENTS, product, show } from "./dims.js";
import { ELEMENTWISE } from "./elementwise.js";
import { GENERATION, shapePart } from "./generation.js";
import { INDEXING } from "./indexing.js";
import { LOSS, TRAINING } from "./loss.js";
import { MATRIX } from "./matrix.js";
import { MOVEMENT } from "./movement.js";
import { NORMALIZATION, normalizesFrom } from "./normalization.js";
import { POOLING } from "./pooling.js";
import { CHANNELS_LAST, QONNX } from "./qonnx.js";
import { QUANTIZED } from "./quantized.js";
import { RECURRENT } from "./recurrent.js";
import { REDUCTION } from "./reduction.js";
import { RESAMPLING } from "./resampling.js";
import { type Conclusion, type Rule, type Rules, refuse } from "./rule.js";
import { SEQUENCE } from "./sequence.js";
import { SIGNAL } from "./signal.js";
import { newestOpset, plainDomain } from "./since.js";
import { TEXT } from "./text.js";

export { newestOpset, operatorSince, operatorsOf } from "./since.js";

/**
 * What one node makes of its operands: shape, element type, and the values where they are constant and small.
 * A dimension that depends on run-time values is null; a shape of unknown rank is undefined. What is stated is
 * certain; what contradicts itself is a fault, as is an output of more than 2^48 elements.
 */
export function inferNode(view: NodeView): Inference {
  const known = rule(view.domain, view.type);
  if (known === undefined)
    return { kind: "unknown", reason: `no shape rule for operator ${view.type} of domain "${view.domain || "ai.onnx"}"` };
  const plain = { ...view, domain: plainDomain(view.domain), opset: known.opset ?? view.opset };
  try {
    if (plain.domain === "") requireInputs(plain);
    const values = known.rule(plain);
    if (values.length < view.outputs)
      refuse(`the node names ${view.outputs} outputs, ${view.type} has ${values.length}`, "drop the outputs that do not exist");
    const named = values.slice(0, Math.max(view.outputs, 1));
    for (const value of named) boundSize(value);
    return { kind: "values", values: withConstants(plain, named) };
  } catch (end) {
    if (isConclusion(end)) return end.conclusion;
    throw end;
  }
}

const STANDARD = tableOf(
  ELEMENTWISE,
  MATRIX,
  CONVOLUTION,
  POOLING,
  NORMALIZATION,
  REDUCTION,
  MOVEMENT,
  INDEXING,
  RESAMPLING,
  GENERATION,
  SEQUENCE,
  CONTROL,
  RECURRENT,
  QUANTIZED,
  ATTENTION,
  SIGNAL,
  LOSS,
  TEXT,
  // Written into the default domain by optimisers of before it became RMSNormalization.
  { SimplifiedLayerNormalization: normalizesFrom },
);

const QONNX_TABLE = tableOf(QONNX);

const DOMAINS: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map([
  ["", STANDARD],
  ["ai.onnx.ml", tableOf(CLASSICAL)],
  ["ai.onnx.preview", tableOf(PREVIEW)],
  ["ai.onnx.preview.training", tableOf(TRAINING)],
  ["ai.onnx.training", tableOf(TRAINING)],
  ["com.microsoft", tableOf(CONTRIB, { SimplifiedLayerNormalization: normalizesFrom })],
  ["onnx.brevitas", QONNX_TABLE],
  ["finn.custom_op.general", QONNX_TABLE],
  ["qonnx.custom_op.general", QONNX_TABLE],
  ["qonnx.custom_op.channels_last", tableOf(CHANNELS_LAST)],
]);

/** Maps, so that an operator named `constructor` finds nothing. */
function tableOf(...tables: readonly Rules[]): ReadonlyMap<string, Rule> {
  return new Map(tables.flatMap((table) => Object.entries(table)));
}

/** The rule, and the opset to read the node by where it is not the one of its own domain. */
function rule(written: string, type: string): { readonly rule: Rule; readonly opset?: number } | undefined {
  const domain = plainDomain(written);
  const own = DOMAINS.get(domain)?.get(type);
  if (own !== undefined) return { rule: own };
  const standard = domain === "com.microsoft" && AS_STANDARD.has(type) ? STANDARD.get(type) : undefined;
  return standard === undefined ? undefined : { rule: standard, opset: newestOpset("")! };
}

function isConclusion(end: unknown): end is Conclusion {
  return typeof end === "object" && end !== null && Object.hasOwn(end, "conclusion");
}

/** Refuses what is no size: a dimension that is not a whole number of at least 0, or more elements than anything real has. */
function boundSize({ shape }: Value): void {
  if (shape === undefined) return;
  const odd = shape.find((d) => d !== null && !(Number.isSafeInteger(d) && d >= 0));
  if (odd !== undefined) refuse(`the output ${show(shape)} has a dimension of ${odd}`, "use whole dimensions from 0 to 2^53");
  const count = product(shape);
  if (count !== null && count > MAX_ELEMENTS)
    refuse(`the output ${show(shape)} has ${count} elements, more than the ${MAX_ELEMENTS} allowed`, "shrink the dimensions");
}

/** Operators whose result differs from run to run. */
const RANDOM = new Set(["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"]);

/** Control flow decides by itself what of its results is constant. */
const CONTROLS = new Set(["If", "Loop", "Scan", "SequenceMap"]);

/** Marks what no network input can change, and computes it where it is small. */
function withConstants(view: NodeView, values: readonly Value[]): readonly Value[] {
  if (CONTROLS.has(view.type) || RANDOM.has(view.type) || values.every((value) => value.constant)) return values;
  const free = view.domain === "" ? VALUE_FREE.get(view.type) : undefined;
  const settled = view.inputs.every((value, i) => value === undefined || (i === free ? isSettled(view, value) : value.constant));
  if (!settled || (view.inputs.length === 0 && view.type !== "Constant")) return values;
  const small = values.every((value) => value.kind === "tensor" && isKnown(value.shape) && (product(value.shape) ?? 0) <= FOLD_LIMIT);
  const data = small ? fold(view, values) : undefined;
  return values.map((value, i) => {
    const folded = data?.[i];
    const known = { ...value, constant: value.kind === "tensor" };
    return folded === undefined ? known : { ...known, data: folded };
  });
}

/** Whether what such an operator reads of the operand is known: the part of the shape it puts out, or all of it. */
function isSettled(view: NodeView, value: Value): boolean {
  if (view.type === "CastLike") return value.elementType !== undefined;
  return isKnown(view.type === "Shape" ? shapePart(view) : value.shape);
}
