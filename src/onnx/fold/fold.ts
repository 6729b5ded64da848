import { type Data, FOLD_LIMIT, type NodeView, type Value } from "../node.js";
import { ARITHMETIC } from "./arithmetic.js";
import { GENERATED } from "./generated.js";
import { countOf } from "./grid.js";
import { INDEXED } from "./indexed.js";
import { LOGIC } from "./logic.js";
import { MOVED } from "./moved.js";
import { isWhole } from "./number.js";
import { asData, type Fold, type Folding, knownOf } from "./operands.js";
import { REDUCED } from "./reduced.js";

/**
 * Values of the results of a node whose operands are all constant, exactly as a runtime would compute them
 * (int64 as `bigint`). `results` are what the shape rule concluded: known shapes of at most FOLD_LIMIT elements.
 * @returns undefined where an operand's values are not at hand, or the operator or type is not computed with.
 */
export function fold(view: NodeView, results: readonly Value[]): readonly Data[] | undefined {
  const compute = view.domain === "" ? FOLDS.get(view.type) : undefined;
  if (compute === undefined) return undefined;
  const free = VALUE_FREE.get(view.type);
  const inputs: Folding["inputs"][number][] = [];
  for (const [i, value] of view.inputs.entries()) {
    const dims = value?.shape;
    if (value === undefined || i === free) inputs.push(undefined);
    else {
      // The size is looked at first: asking for the values of a large weight would decode it.
      if (dims === undefined || countOf(dims as readonly number[]) > FOLD_LIMIT) return undefined;
      const data = dims.includes(0) ? [] : value.data;
      if (data === undefined) return undefined;
      inputs.push(knownOf(value, data));
    }
  }
  if (!typesFit(view.type, inputs)) return undefined;
  const outputs = results.map((value) => ({ dims: value.shape as readonly number[], type: value.elementType }));
  // Nothing to compute; beside a 0 the other dimensions may be too large to loop over.
  if (outputs.every(({ dims }) => dims.includes(0))) return outputs.map(() => []);
  return compute({ view, inputs, outputs })?.map(asData);
}

const FOLDS: ReadonlyMap<string, Fold> = new Map(
  [ARITHMETIC, LOGIC, MOVED, INDEXED, REDUCED, GENERATED].flatMap((table) => Object.entries(table)),
);

/** Operands that must be of one type; a model that mixes them is broken, and not computed. */
const ONE_TYPE: ReadonlyMap<string, readonly number[] | "all"> = new Map<string, readonly number[] | "all">([
  ..."Add Sub Mul Div Mod Min Max Sum Mean BitShift BitwiseAnd BitwiseOr BitwiseXor Equal Greater GreaterOrEqual Less LessOrEqual Range Concat Clip"
    .split(" ")
    .map((type): [string, "all"] => [type, "all"]),
  ["Where", [1, 2]],
  ..."Pad Scatter ScatterElements ScatterND".split(" ").map((type): [string, readonly number[]] => [type, [0, 2]]),
]);

/** Operands that must be whole numbers or booleans. */
const WHOLE: ReadonlyMap<string, readonly number[]> = new Map([
  ..."Gather GatherElements GatherND Scatter ScatterElements ScatterND Compress CumSum CumProd Tile Trilu"
    .split(" ")
    .map((type): [string, readonly number[]] => [type, [1]]),
  ["Where", [0]],
  ..."And Or Xor Not".split(" ").map((type): [string, readonly number[]] => [type, [0, 1]]),
]);

function typesFit(type: string, inputs: Folding["inputs"]): boolean {
  const listed = ONE_TYPE.get(type) ?? [];
  const alike = listed === "all" ? inputs : listed.map((i) => inputs[i]);
  const types = new Set(alike.flatMap((operand) => (operand === undefined ? [] : [operand.type])));
  const whole = (WHOLE.get(type) ?? []).every((i) => inputs[i] === undefined || isWhole(inputs[i].type) || inputs[i].type === "bool");
  return types.size <= 1 && whole;
}

/** Operands of which only the shape or type is read, never the values. */
export const VALUE_FREE: ReadonlyMap<string, number> = new Map([
  ["Shape", 0],
  ["Size", 0],
  ["EyeLike", 0],
  ["CastLike", 1],
]);
