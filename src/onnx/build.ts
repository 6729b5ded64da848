import { create, toBinary } from "@bufbuild/protobuf";
import type { ElementType } from "../graph/element-type.js";
import { bitsOf, packedBytes } from "../graph/element-type.js";
import { KIND } from "./attributes.js";
import { uniqueNames } from "./names.js";
import type { Dim, NodeView, Value } from "./node.js";
import { ModelProtoSchema } from "./proto/onnx_pb.js";
import { inferNode } from "./shapes/infer.js";
import { elementTypeOf } from "./shapes/rule.js";

/** A value of a network under construction. */
export interface Edge {
  readonly id: number;
  readonly shape: readonly Dim[];
  readonly elementType: ElementType;
}

/** A number that ONNX stores as a float although it may be whole. */
export interface Float {
  readonly float: number;
}
export const float = (value: number): Float => ({ float: value });

/** Plain numbers are stored as integers. */
export type AttributeValue = number | Float | string | readonly number[] | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface NodeOptions {
  /** For people; made unique. By default the operator type. */
  readonly name?: string;
  readonly domain?: string;
  /** Number of outputs, 1 by default. */
  readonly outputs?: number;
}

/** Writes an ONNX model node by node. Edges are made before they are used, so file order is a topological order. */
export interface Network {
  /** A string names a symbolic dimension. */
  readonly input: (name: string, shape: readonly (number | string)[], elementType?: ElementType) => Edge;
  /** A weight of which only shape and type are known: it refers to a data file that does not exist. */
  readonly weight: (name: string, shape: readonly number[], elementType?: ElementType) => Edge;
  /** A small int64 or float32 constant with its values; a plain number is a scalar. */
  readonly constant: (name: string, values: number | readonly number[], elementType?: "int64" | "float32") => Edge;
  readonly node: (type: string, inputs: readonly (Edge | undefined)[], attributes?: Attributes, options?: NodeOptions) => Edge;
  /** Like `node`, for an operator with several outputs. */
  readonly nodes: (type: string, inputs: readonly (Edge | undefined)[], attributes?: Attributes, options?: NodeOptions) => readonly Edge[];
  /** Puts `prefix/` before the names given inside `body`. */
  readonly within: <T>(prefix: string, body: () => T) => T;
  /** Declares an output of the network; the edge is renamed to `name`. */
  readonly output: (name: string, edge: Edge) => void;
  /** The model file. */
  readonly bytes: () => Uint8Array;
}

interface Written {
  readonly type: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly (number | undefined)[];
  readonly outputs: readonly number[];
  readonly attributes: Attributes;
}

/**
 * Starts a network.
 *
 * @param opset ai.onnx operator set; further domains by name in `domains`.
 * @throws Error from `node` where shapes contradict the operator: a network that contradicts itself is a bug of its author.
 */
export function network(
  name: string,
  { opset, domains = {} }: { readonly opset: number; readonly domains?: Readonly<Record<string, number>> },
): Network {
  const values: Value[] = [];
  const names: string[] = [];
  const inputs: { readonly id: number; readonly shape: readonly (number | string)[] }[] = [];
  const stored: { readonly id: number; readonly raw?: Uint8Array }[] = [];
  const written: Written[] = [];
  const outputs: number[] = [];
  const uniqueValue = uniqueNames();
  const uniqueNode = uniqueNames();
  let scope = "";

  const edge = (label: string, value: Value): Edge => {
    const id = values.push(value) - 1;
    names.push(uniqueValue(label, "value"));
    if (value.shape === undefined || value.elementType === undefined) throw new Error(`${label}: shape or type cannot be told`);
    return { id, shape: value.shape, elementType: value.elementType };
  };

  const nodes: Network["nodes"] = (type, operands, attributes = {}, options = {}) => {
    const { domain = "", outputs: count = 1 } = options;
    const label = uniqueNode(scope + (options.name ?? type), type);
    const operandValues = operands.map((operand) => operand && values[operand.id]);
    const version = domain === "" ? opset : (domains[domain] ?? 1);
    const inferred = inferNode(viewOf(type, domain, version, label, operandValues, attributes, count));
    if (inferred.kind !== "values") throw new Error(`${label}: ${inferred.kind === "fault" ? inferred.message : inferred.reason}`);
    const made = inferred.values.slice(0, count).map((value, i) => edge(i === 0 ? label : `${label}.${i}`, value));
    written.push({ type, domain, name: label, inputs: operands.map((o) => o?.id), outputs: made.map((e) => e.id), attributes });
    return made;
  };

  return {
    input: (label, shape, elementType = "float32") => {
      const dims = shape.map((dim) => (typeof dim === "number" ? dim : null));
      const made = edge(label, { kind: "tensor", elementType, shape: dims, constant: false });
      inputs.push({ id: made.id, shape });
      return made;
    },
    weight: (label, shape, elementType = "float32") => {
      const made = edge(scope + label, { kind: "tensor", elementType, shape, constant: true });
      stored.push({ id: made.id });
      return made;
    },
    constant: (label, given, elementType = "int64") => {
      const list = typeof given === "number" ? [given] : given;
      const shape = typeof given === "number" ? [] : [list.length];
      const data = elementType === "int64" ? list.map(BigInt) : list;
      const made = edge(scope + label, { kind: "tensor", elementType, shape, constant: true, data });
      const raw = elementType === "int64" ? new BigInt64Array(list.map(BigInt)) : new Float32Array(list);
      stored.push({ id: made.id, raw: new Uint8Array(raw.buffer) });
      return made;
    },
    nodes,
    node: (type, operands, attributes, options) => nodes(type, operands, attributes, options)[0]!,
    within: (prefix, body) => {
      const outside = scope;
      scope = `${outside}${prefix}/`;
      try {
        return body();
      } finally {
        scope = outside;
      }
    },
    output: (label, made) => {
      if (outputs.includes(made.id)) throw new Error(`${names[made.id]} is an output already`);
      if (!written.some((node) => node.outputs.includes(made.id))) throw new Error(`${names[made.id]} is computed by no node`);
      names[made.id] = uniqueValue(label, "output");
      outputs.push(made.id);
    },
    bytes: () => {
      const nameOf = (id: number | undefined) => (id === undefined ? "" : (names[id] ?? ""));
      const info = (id: number, shape: readonly (number | string | null)[]) => ({
        name: nameOf(id),
        type: {
          value: {
            case: "tensorType" as const,
            value: { elemType: numberOf(values[id]?.elementType ?? "float32"), shape: { dim: shape.map(dimension) } },
          },
        },
      });
      const initializer = initializers(
        `${name}.weights`,
        stored.map(({ id, raw }) => ({ name: nameOf(id), value: values[id]!, raw })),
      );
      const node = written.map((n) => ({
        name: n.name,
        opType: n.type,
        domain: n.domain,
        input: n.inputs.map(nameOf),
        output: n.outputs.map(nameOf),
        attribute: Object.entries(n.attributes).map(([key, value]) => ({ name: key, ...attributeOf(value) })),
      }));
      const imports = [["", opset] as const, ...Object.entries(domains)];
      const model = create(ModelProtoSchema, {
        irVersion: 8n,
        producerName: "stowage",
        opsetImport: imports.map(([domain, version]) => ({ domain, version: BigInt(version) })),
        graph: {
          name,
          node,
          initializer,
          input: inputs.map(({ id, shape }) => info(id, shape)),
          output: outputs.map((id) => info(id, values[id]?.shape ?? [])),
        },
      });
      return toBinary(ModelProtoSchema, model);
    },
  };
}

/** Stored tensors: values inline where given, otherwise one after the other in `location`. */
function initializers(
  location: string,
  tensors: readonly { readonly name: string; readonly value: Value; readonly raw: Uint8Array | undefined }[],
) {
  let offset = 0;
  return tensors.map(({ name, value, raw }) => {
    const elementType = value.elementType ?? "float32";
    const dims = (value.shape ?? []).map((dim) => BigInt(dim ?? 0));
    const plain = { name, dims, dataType: numberOf(elementType) };
    if (raw) return { ...plain, rawData: raw };
    const length = packedBytes(Number(dims.reduce((n, dim) => n * dim, 1n)), bitsOf(elementType));
    const entries = { location, offset: String(offset), length: String(length) };
    offset += length;
    return { ...plain, dataLocation: 1, externalData: Object.entries(entries).map(([key, text]) => ({ key, value: text })) };
  });
}

function dimension(dim: number | string | null) {
  if (dim === null) return {};
  return typeof dim === "number"
    ? { value: { case: "dimValue" as const, value: BigInt(dim) } }
    : { value: { case: "dimParam" as const, value: dim } };
}

function attributeOf(value: AttributeValue) {
  if (typeof value === "number") return { type: KIND.int, i: BigInt(value) };
  if (typeof value === "string") return { type: KIND.string, s: value };
  if ("float" in value) return { type: KIND.float, f: value.float };
  return isNumbers(value) ? { type: KIND.ints, ints: value.map(BigInt) } : { type: KIND.strings, strings: [...value] as string[] };
}

const isNumbers = (list: readonly number[] | readonly string[]): list is readonly number[] => typeof list[0] !== "string";

/** The number ONNX gives an element type. */
function numberOf(elementType: ElementType): number {
  let number = 1;
  while (elementTypeOf(number) !== elementType) number++;
  return number;
}

/** What the shape rules see of a node that is being added. */
function viewOf(
  type: string,
  domain: string,
  opset: number,
  name: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
  outputs: number,
): NodeView {
  const get = (key: string): AttributeValue | undefined => (Object.hasOwn(attributes, key) ? attributes[key] : undefined);
  const list = (key: string) => {
    const value = get(key);
    return Array.isArray(value) ? (value as readonly number[] | readonly string[]) : undefined;
  };
  const none = () => undefined;
  return {
    type,
    domain,
    opset,
    name,
    inputs,
    outputs,
    wants: (output) => output < outputs,
    int: (key) => {
      const value = get(key);
      return typeof value === "number" ? value : undefined;
    },
    float: (key) => {
      const value = get(key);
      return typeof value === "object" && "float" in value ? value.float : undefined;
    },
    string: (key) => {
      const value = get(key);
      return typeof value === "string" ? value : undefined;
    },
    ints: (key) => {
      const values = list(key);
      return values && isNumbers(values) ? values : undefined;
    },
    floats: none,
    strings: (key) => {
      const values = list(key);
      return values && !isNumbers(values) ? values : undefined;
    },
    tensor: none,
    attributes: Object.keys(attributes),
    subgraph: none,
  };
}
