import { bad, type Checked, good } from "../base/diagnostic.js";
import { rng } from "../base/rng.js";
import { type Attributes, attributesOf } from "./attributes.js";
import { type Container, type ExternalReader, storedValues } from "./constant.js";
import { decodeModel } from "./decode.js";
import { onnxFail, quoted } from "./names.js";
import type { NodeProto, TensorProto } from "./proto/onnx_pb.js";
import { QONNX } from "./quantization.js";
import type { Reals } from "./values.js";
import { OPERATORS, QUANTISERS } from "./weight-operators.js";

/** A constant of a model with all its elements, in row-major order. */
export interface WeightValues {
  readonly shape: readonly number[];
  readonly values: Reals;
  /** Where the model quantises it itself: whole numbers, less their zero point, that the values are multiples of. */
  readonly integers?: Reals;
}

/** Who reads a weight: the node, and at which of its inputs. */
export interface WeightUse {
  readonly node: string;
  readonly type: string;
  readonly domain: string;
  readonly operand: number;
  /** Its attributes that are whole numbers. */
  readonly settings: Readonly<Record<string, number>>;
}

/** The constants of one model. */
export interface Weights {
  /** @returns ONX-21 where the values are not at hand, ONX-22 where they would have to be computed in a way that is not known here. */
  readonly valuesOf: (name: string) => Checked<WeightValues>;
  readonly usesOf: (name: string) => readonly WeightUse[];
  /** Names of those asked for so far whose values are random, because theirs are not at hand. */
  readonly invented: () => readonly string[];
}

/**
 * Reads weights out of a model: as the file stores them, inline or beside it, and as nodes between store and use change them (quantisers,
 * transposition, reshaping, scaling).
 *
 * @param external reads part of a file beside the model.
 * @param seed of random values, between -1 and 1, that stand in for those that are not at hand; without it these are an error.
 */
export function readWeights(file: Uint8Array, name: string, external: ExternalReader | undefined, seed?: number): Checked<Weights> {
  const decoded = decodeModel(file, name);
  if (!decoded.ok) return decoded;
  const { graph } = decoded.value;
  const invented = new Set<string>();
  const store: Store = { container: { file: name, bytes: file, external }, seed, invented };
  const stored = new Map(graph.initializer.map((proto) => [proto.name, proto]));
  const makers = new Map(graph.node.flatMap((node) => node.output.map((output) => [output, node] as const)));
  const known = new Map<string, Checked<WeightValues>>();

  const valuesOf = (tensor: string): Checked<WeightValues> => {
    const before = known.get(tensor);
    if (before !== undefined) return before;
    const proto = stored.get(tensor);
    // What the file stores is read again when it is asked for again: all weights at once take much room.
    if (proto) return ofStored(proto, store);
    known.set(tensor, unknown(name, tensor, "it depends on itself")); // until it is told
    const maker = makers.get(tensor);
    const found = maker ? ofNode(maker, tensor, store, valuesOf) : unknown(name, tensor, "the model has no constant of this name");
    known.set(tensor, found);
    return found;
  };
  const uses = new Map<string, WeightUse[]>();
  for (const node of graph.node)
    node.input.forEach((input, operand) => {
      const settings = Object.fromEntries(
        [...attributesOf(node, undefined)].filter(([, a]) => a.type === 2).map(([key, a]) => [key, Number(a.i)]),
      );
      uses.set(input, [...(uses.get(input) ?? []), { node: node.name, type: node.opType, domain: node.domain, operand, settings }]);
    });
  return good({ valuesOf, usesOf: (tensor) => uses.get(tensor) ?? [], invented: () => [...invented] });
}

const unknown = (file: string, tensor: string, why: string) =>
  bad(
    onnxFail(
      "ONX-22",
      `${file}: tensor ${quoted(tensor)}`,
      `its values cannot be told: ${why}`,
      "export the model with constants folded, so that the weight is stored as it is used",
    ),
  );

/** Where stored values come from. */
interface Store {
  readonly container: Container;
  readonly seed: number | undefined;
  /** Grows by the names of random ones. */
  readonly invented: Set<string>;
}

function ofStored(proto: TensorProto, { container, seed, invented }: Store): Checked<WeightValues> {
  const where = `${container.file}: tensor ${quoted(proto.name)}`;
  const found = storedValues(proto, where, container);
  if (!found.ok) return found;
  const { shape, values, elementType } = found.value;
  if (values === undefined && seed !== undefined) {
    invented.add(proto.name);
    const random = rng([...proto.name].reduce((mixed, letter) => Math.imul(mixed ^ (letter.codePointAt(0) ?? 0), 0x01000193), seed));
    const drawn = new Float32Array(shape.reduce((n, d) => n * d, 1));
    for (let i = 0; i < drawn.length; i++) drawn[i] = 2 * random() - 1;
    return good({ shape, values: drawn });
  }
  if (values === undefined) {
    const elsewhere = proto.dataLocation === 1 || proto.externalData.length > 0;
    const location = proto.externalData.find(({ key }) => key === "location")?.value ?? "";
    return bad(
      onnxFail(
        "ONX-21",
        where,
        elsewhere ? `its values stand in ${quoted(location)}, which is not at hand` : "the file holds its dimensions, not its values",
        `${elsewhere ? `put ${quoted(location)} beside the model` : "export the model with its weights"}, or take random ones: --weights random:1`,
      ),
    );
  }
  return good({ shape, values, ...(WHOLE.test(elementType) && { integers: values }) });
}

const WHOLE = /^u?int/;

/** What a node makes of constants, for the few kinds that stand between a stored weight and its use. */
function ofNode(node: NodeProto, tensor: string, store: Store, valuesOf: (name: string) => Checked<WeightValues>): Checked<WeightValues> {
  const { container } = store;
  const attributes = attributesOf(node, undefined);
  if (node.opType === "Constant") return ofConstant(attributes, tensor, store);
  const compute = QONNX.has(node.domain)
    ? QUANTISERS[node.opType]
    : node.domain === "" || node.domain === "ai.onnx"
      ? OPERATORS[node.opType]
      : undefined;
  if (compute === undefined) return unknown(container.file, tensor, `${node.opType} is not computed here`);
  const operands: WeightValues[] = [];
  for (const input of node.input) {
    const value: Checked<WeightValues> = input === "" ? good({ shape: [0], values: new Float64Array() }) : valuesOf(input);
    if (!value.ok) return value;
    operands.push(value.value);
  }
  const [first] = operands;
  if (first === undefined) return unknown(container.file, tensor, `${node.opType} has no operand`);
  const result = compute(first, operands.slice(1), attributes);
  return result === undefined ? unknown(container.file, tensor, `${node.opType} in this form is not computed here`) : good(result);
}

function ofConstant(attributes: Attributes, tensor: string, store: Store): Checked<WeightValues> {
  for (const [key, a] of attributes) {
    if (key === "value" && a.t) return ofStored(a.t, store);
    if (key === "value_float") return good({ shape: [], values: Float64Array.of(a.f) });
    if (key === "value_floats") return good({ shape: [a.floats.length], values: Float64Array.from(a.floats) });
    if (key === "value_int") return good({ shape: [], values: Float64Array.of(Number(a.i)) });
    if (key === "value_ints") return good({ shape: [a.ints.length], values: Float64Array.from(a.ints, Number) });
  }
  return unknown(store.container.file, tensor, "a Constant of this form is not read here");
}
