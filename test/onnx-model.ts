import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Diagnostic } from "../src/base/diagnostic.js";
import type { Graph } from "../src/graph/graph.js";
import { parseBinding } from "../src/onnx/bindings.js";
import { type ImportOptions, importOnnx } from "../src/onnx/import.js";
import {
  type AttributeProtoSchema,
  type GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from "../src/onnx/proto/onnx_pb.js";

export type Model = MessageInitShape<typeof ModelProtoSchema>;
export type GraphInit = MessageInitShape<typeof GraphProtoSchema>;
type Node = MessageInitShape<typeof NodeProtoSchema>;
type Attribute = MessageInitShape<typeof AttributeProtoSchema>;
type Tensor = MessageInitShape<typeof TensorProtoSchema>;
type Info = MessageInitShape<typeof ValueInfoProtoSchema>;

/** ONNX's numbers of the element types that tests use. */
export const TYPE = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, string: 8, bool: 9 } as const;

/** The bytes of a model: opset 17, IR 8 unless told otherwise. */
export const modelBytes = (graph: GraphInit, rest: Omit<Model, "graph"> = {}): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: "", version: 17n }], ...rest, graph } as Model),
  );

/** `node("Conv", "x w b", "y", { group: 2n })`; a lone `_` is an input left out. */
export const node = (
  opType: string,
  input: string,
  output: string,
  attributes: Readonly<Record<string, unknown>> = {},
  rest: Node = {},
): Node =>
  ({
    opType,
    input: words(input),
    output: words(output),
    attribute: Object.entries(attributes).map(([name, v]) => attribute(name, v)),
    ...rest,
  }) as Node;

const words = (text: string): readonly string[] => (text === "" ? [] : text.split(" ").map((w) => (w === "_" ? "" : w)));

/** bigint: int; number: float; string; arrays of these; a graph; a tensor. */
function attribute(name: string, value: unknown): Attribute {
  const list = Array.isArray(value) ? value : undefined;
  const sample: unknown = list === undefined ? value : list[0];
  if (typeof sample === "bigint") return (list ? { name, type: 7, ints: list } : { name, type: 2, i: value }) as Attribute;
  if (typeof sample === "number") return (list ? { name, type: 6, floats: list } : { name, type: 1, f: value }) as Attribute;
  if (typeof sample === "string") return (list ? { name, type: 8, strings: list } : { name, type: 3, s: value }) as Attribute;
  if (typeof sample === "object" && sample !== null && "refAttrName" in sample) return { name, ...sample } as Attribute;
  return (
    typeof sample === "object" && sample !== null && "dims" in sample ? { name, type: 4, t: value } : { name, type: 5, g: value }
  ) as Attribute;
}

/** A value with its type; dimensions are sizes, symbols, or null for one without a name. */
export const value = (name: string, dims: readonly (number | string | null)[] | undefined, elemType: number = TYPE.float32): Info =>
  ({
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType,
          ...(dims && {
            shape: {
              dim: dims.map((d) => ({
                value:
                  d === null
                    ? { case: undefined }
                    : typeof d === "number"
                      ? { case: "dimValue", value: BigInt(d) }
                      : { case: "dimParam", value: d },
              })),
            },
          }),
        },
      },
    },
  }) as Info;

/** A stored tensor of zeros of the given shape (float32 unless told otherwise), values in `raw_data`. */
export function zeros(name: string, dims: readonly number[], dataType: number = TYPE.float32): Tensor {
  const width = dataType === TYPE.int64 ? 8 : dataType === TYPE.float32 || dataType === TYPE.int32 ? 4 : 1;
  const size = dims.reduce((n, d) => n * d, width);
  return { name, dims: dims.map(BigInt), dataType, rawData: new Uint8Array(size) };
}

/** A stored int64 list. */
export const ints = (name: string, values: readonly number[]): Tensor => ({
  name,
  dims: [BigInt(values.length)],
  dataType: TYPE.int64,
  rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

/** A stored float scalar. */
export const float = (name: string, x: number): Tensor => ({
  name,
  dims: [],
  dataType: TYPE.float32,
  rawData: new Uint8Array(Float32Array.of(x).buffer),
});

/** The graph of a model that must be accepted. */
export function accepted(bytes: Uint8Array, binds: readonly string[] = [], options: Partial<ImportOptions> = {}): Graph {
  const result = imported(bytes, binds, options);
  if (!result.ok) throw new Error(result.errors.map((e) => `${e.code} ${e.where}: ${e.message}`).join("\n"));
  return result.value;
}

/** The errors of a model that must be refused. */
export function refused(bytes: Uint8Array, binds: readonly string[] = []): readonly Diagnostic[] {
  const result = imported(bytes, binds, {});
  if (result.ok) throw new Error("the model was accepted");
  return result.errors;
}

function imported(bytes: Uint8Array, binds: readonly string[], options: Partial<ImportOptions>) {
  const bindings = binds.map((text) => {
    const binding = parseBinding(text);
    if (!binding.ok) throw new Error(binding.errors[0].message);
    return binding.value;
  });
  return importOnnx(bytes, { name: "test.onnx", bindings, ...options });
}

/** `name: shape` of every tensor. */
export const shapes = (graph: Graph): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(graph.tensors.map((t) => [t.name, t.shape]));
