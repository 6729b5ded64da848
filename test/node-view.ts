import type { ElementType } from "../src/graph/element-type.js";
import type { Data, Dim, Inference, NodeView, Value } from "../src/onnx/node.js";
import { inferNode } from "../src/onnx/shapes/infer.js";

type Attribute = number | string | readonly number[] | readonly string[] | Value;
export type Body = (inputs: readonly Value[]) => readonly Value[];

/** A node as a test writes it down. */
export interface TestNode {
  readonly type: string;
  readonly domain?: string;
  /** Default: 21. */
  readonly opset?: number;
  readonly inputs: readonly (Value | undefined)[];
  /** Default: 1. */
  readonly outputs?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly bodies?: Readonly<Record<string, Body>>;
}

export const viewOfTest = ({ type, domain = "", opset = 21, inputs, outputs = 1, attributes = {}, bodies = {} }: TestNode): NodeView => {
  const read = <T>(is: (a: Attribute) => boolean) => {
    return (name: string): T | undefined =>
      Object.hasOwn(attributes, name) && is(attributes[name]!) ? (attributes[name] as T) : undefined;
  };
  const listOf = (type: string) => (a: Attribute) => Array.isArray(a) && a.every((x) => typeof x === type);
  return {
    type,
    domain,
    opset,
    name: "node",
    inputs,
    outputs,
    wants: (output) => output < outputs,
    int: read((a) => Number.isInteger(a)),
    float: read((a) => typeof a === "number"),
    string: read((a) => typeof a === "string"),
    ints: read(listOf("number")),
    floats: read(listOf("number")),
    strings: read(listOf("string")),
    tensor: read((a) => typeof a === "object" && !Array.isArray(a)),
    attributes: Object.keys(attributes),
    subgraph: (name, values) => (Object.hasOwn(bodies, name) ? bodies[name]!(values) : undefined),
  };
};

/** A run-time tensor. */
export const t = (shape: readonly Dim[] | undefined, elementType: ElementType = "float32"): Value => ({
  kind: "tensor",
  elementType,
  shape,
  constant: false,
});

/** A constant tensor; without `shape` a vector. Whole values are int64, others float32, unless stated. */
export function k(
  values: Data | readonly (bigint | number)[],
  shape: readonly number[] = [values.length],
  elementType?: ElementType,
): Value {
  const type = elementType ?? (values.every((v) => Number.isInteger(v) || typeof v === "bigint") ? "int64" : "float32");
  const whole = /int|bool/.test(type);
  const data = whole ? (values as readonly (bigint | number)[]).map(BigInt) : (values as Data);
  return { kind: "tensor", elementType: type, shape, constant: true, data };
}

export const inferTest = (node: TestNode): Inference => inferNode(viewOfTest(node));

/** Shapes of the outputs, or what went wrong. */
export function shapesOf(node: TestNode): readonly (readonly Dim[] | undefined)[] | string {
  const result = inferTest(node);
  return result.kind === "values"
    ? result.values.map((value) => value.shape)
    : `${result.kind}: ${result.kind === "fault" ? result.message : result.reason}`;
}

/** Values of the first output, or what went wrong. */
export function dataOfTest(node: TestNode): Data | string | undefined {
  const result = inferTest(node);
  return result.kind === "values" ? result.values[0]?.data : `${result.kind}: ${result.kind === "fault" ? result.message : result.reason}`;
}
