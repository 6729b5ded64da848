import type { Checked, Diagnostic } from "../base/diagnostic.js";
import { bad, good } from "../base/diagnostic.js";
import { bitsOf, type ElementType, packedBytes } from "../graph/element-type.js";
import type { WeightSource } from "../graph/graph.js";
import type { Attributes } from "./attributes.js";
import { externalData } from "./external.js";
import { onnxFail, quoted } from "./names.js";
import { type Data, FOLD_LIMIT, type Value } from "./node.js";
import type { SparseTensorProto, TensorProto } from "./proto/onnx_pb.js";
import { elementTypeOf } from "./shapes/rule.js";
import { floatsOf, intsOf, numbersIn, type Reals, realsIn } from "./values.js";

/** Reads part of a file beside the model; undefined where there is none. Passed in from the rim. */
export type ExternalReader = (location: string, offset: number, length: number | undefined) => Uint8Array | undefined;

/** External values are read only for constants that shape arithmetic may need: at most this many elements. */
const EXTERNAL_LIMIT = 1024;
/** 1 TiB: no tensor of a network that somebody plans is larger. */
export const MAX_TENSOR_BYTES = 2 ** 40;

/** A stored constant: what shape rules see of it, and where its values are. */
export interface Constant {
  readonly value: Value;
  readonly source: WeightSource;
  readonly warnings: readonly Diagnostic[];
}

/** What reading a constant needs to know of the file around it. */
export interface Container {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly external: ExternalReader | undefined;
}

/**
 * A stored tensor. Sizes are checked before anything is allocated; values are decoded when somebody asks
 * for them (`Value.data` is a getter), which weights never see.
 *
 * @returns ONX-13 negative dimension, ONX-14 too large, ONX-15 payload does not fit, ONX-16 unknown type.
 */
export function storedTensor(proto: TensorProto, where: string, container: Container): Checked<Constant> {
  const what = proto.name === "" ? "the tensor" : `tensor ${quoted(proto.name)}`;
  const elementType = elementTypeOf(proto.dataType);
  if (elementType === undefined)
    return bad(onnxFail("ONX-16", where, `${what} has element type ${proto.dataType}, which does not exist`, "export the model again"));
  const size = sizeOf(proto.dims, elementType);
  if (size.kind === "fault")
    return bad(onnxFail(size.code, where, `${what} ${size.message}`, "check the dimensions; export the model again"));

  const outside = proto.dataLocation === 1 || proto.externalData.length > 0;
  const payload = outside ? externalData(proto, size.bytes, where) : inlineData(proto, elementType, size, container.bytes);
  if (payload.kind === "fault") return bad(onnxFail("ONX-15", where, `${what} ${payload.message}`, "export the model again"));
  if (payload.kind === "refused") return good(constantOf(elementType, size.shape, () => undefined, { kind: "absent" }, [payload.warning]));
  if (payload.kind === "external") {
    const { source } = payload;
    const read = () => {
      const raw = size.count <= EXTERNAL_LIMIT ? container.external?.(source.location, source.offset, size.bytes) : undefined;
      return raw?.length === size.bytes ? numbersIn(raw, elementType, size.count) : undefined;
    };
    return good(constantOf(elementType, size.shape, read, source));
  }
  return good(constantOf(elementType, size.shape, payload.values, payload.source));
}

/** All elements of a stored tensor, however many, in row-major order. */
export interface StoredValues {
  readonly shape: readonly number[];
  readonly elementType: ElementType;
  /** Undefined where neither the file nor one beside it has them. */
  readonly values: Reals | undefined;
}

/** @returns the errors of `storedTensor`. */
export function storedValues(proto: TensorProto, where: string, container: Container): Checked<StoredValues> {
  const stored = storedTensor(proto, where, container);
  if (!stored.ok) return stored;
  const { source, value } = stored.value;
  const { elementType = "string" } = value;
  const size = sizeOf(proto.dims, elementType);
  if (size.kind === "fault") return good({ shape: [], elementType, values: undefined }); // refused above
  const { shape } = size;
  if (source.kind === "external") {
    const raw = container.external?.(source.location, source.offset, size.bytes);
    return good({ shape, elementType, values: raw?.length === size.bytes ? realsIn(raw, elementType, size.count) : undefined });
  }
  if (proto.rawData.length > 0) return good({ shape, elementType, values: realsIn(proto.rawData, elementType, size.count) });
  const payload = source.kind === "absent" ? undefined : inlineData(proto, elementType, size, container.bytes);
  const listed = payload?.kind === "inline" ? payload.values() : undefined;
  return good({ shape, elementType, values: listed && Float64Array.from(listed as readonly (number | bigint)[], Number) });
}

/** A stored sparse tensor: dense to every operator. Its values are not spread out; only its shape is used. */
export function storedSparseTensor(proto: SparseTensorProto, where: string): Checked<Constant> {
  const elementType = elementTypeOf(proto.values?.dataType ?? 0);
  const name = quoted(proto.values?.name ?? "");
  if (elementType === undefined)
    return bad(onnxFail("ONX-16", where, `sparse tensor ${name} has an element type that does not exist`, "export the model again"));
  const size = sizeOf(proto.dims, elementType);
  if (size.kind === "fault")
    return bad(onnxFail(size.code, where, `sparse tensor ${name} ${size.message}`, "check the dimensions; export the model again"));
  return good(constantOf(elementType, size.shape, () => undefined, { kind: "computed" }));
}

/** The value of a Constant node in any of its forms; undefined where it has none. */
export function constantOfNode(attributes: Attributes, where: string, container: Container): Checked<Constant> | undefined {
  const computed: WeightSource = { kind: "computed" };
  for (const [name, a] of attributes) {
    switch (name) {
      case "value":
        return a.t === undefined ? undefined : storedTensor(a.t, where, container);
      case "sparse_value":
        return a.sparseTensor === undefined ? undefined : storedSparseTensor(a.sparseTensor, where);
      case "value_float":
        return good(constantOf("float32", [], () => [a.f], computed));
      case "value_floats":
        return good(constantOf("float32", [a.floats.length], () => a.floats, computed));
      case "value_int":
        return good(constantOf("int64", [], () => [a.i], computed));
      case "value_ints":
        return good(constantOf("int64", [a.ints.length], () => a.ints, computed));
      case "value_string":
        return good(constantOf("string", [], () => [a.s], computed));
      case "value_strings":
        return good(constantOf("string", [a.strings.length], () => a.strings, computed));
    }
  }
  return undefined;
}

/** A constant of which only shape and (perhaps) values are known; values are asked for once, when needed. */
export function constantOf(
  elementType: ElementType,
  shape: readonly number[],
  values: () => Data | undefined,
  source: WeightSource,
  warnings: readonly Diagnostic[] = [],
): Constant {
  const small = shape.reduce((n, d) => n * d, 1) <= FOLD_LIMIT;
  let data: Data | undefined;
  let asked = !small;
  const value = {
    kind: "tensor",
    elementType,
    shape,
    constant: true,
    get data() {
      if (!asked) [data, asked] = [values(), true];
      return data;
    },
  } as Value; // a getter that may answer undefined: an optional property in all but form
  return { value, source, warnings };
}

type Size =
  | { readonly kind: "size"; readonly shape: readonly number[]; readonly count: number; readonly bytes: number }
  | { readonly kind: "fault"; readonly code: "ONX-13" | "ONX-14"; readonly message: string };

/** Elements and bytes of a tensor, in exact integers. */
export function sizeOf(dims: readonly (bigint | number)[], elementType: ElementType): Size {
  const text = `[${dims.join(", ")}]`;
  if (dims.some((d) => d < 0)) return { kind: "fault", code: "ONX-13", message: `has a negative dimension in ${text}` };
  const count = dims.reduce<bigint>((n, d) => n * BigInt(d), 1n);
  const bits = BigInt(bitsOf(elementType));
  if (count * bits > 8n * BigInt(MAX_TENSOR_BYTES) || dims.some((d) => d > Number.MAX_SAFE_INTEGER))
    return {
      kind: "fault",
      code: "ONX-14",
      message: `of shape ${text} has ${count} elements of ${bits} bits, beyond the limit of ${MAX_TENSOR_BYTES} B (1 TiB)`,
    };
  return { kind: "size", shape: dims.map(Number), count: Number(count), bytes: packedBytes(Number(count), Number(bits)) };
}

type Inline =
  | { readonly kind: "inline"; readonly values: () => Data | undefined; readonly source: WeightSource }
  | { readonly kind: "fault"; readonly message: string };

/** The values of a tensor that the file itself holds. Files made for shapes only leave them out: 0 bytes are no fault. */
function inlineData(proto: TensorProto, type: ElementType, size: Extract<Size, { kind: "size" }>, file: Uint8Array): Inline {
  const fault = (has: number, needs: number, unit: string): Inline => ({
    kind: "fault",
    message: `of shape [${size.shape.join(", ")}] stores ${has} ${unit}, its shape needs ${needs}`,
  });
  const raw = proto.rawData;
  if (raw.length > 0) {
    if (raw.length !== size.bytes) return fault(raw.length, size.bytes, "bytes");
    const source: WeightSource = { kind: "inline", offset: raw.byteOffset - file.byteOffset, length: raw.length };
    return { kind: "inline", values: () => numbersIn(raw, type, size.count), source };
  }
  if (proto.stringData.length > 0) {
    if (proto.stringData.length !== size.count) return fault(proto.stringData.length, size.count, "strings");
    return { kind: "inline", values: () => proto.stringData, source: { kind: "computed" } };
  }
  const list = typedList(proto);
  if (list === undefined)
    return {
      kind: "inline",
      values: () => (size.count === 0 ? [] : undefined),
      source: { kind: size.count === 0 ? "computed" : "absent" },
    };
  // Complex numbers are stored as pairs; elements below a byte are packed into int32 entries.
  const perElement = type.startsWith("complex") ? 2 : 1;
  const entries = list.width === undefined ? list.bytes.reduce((n, b) => n + varintsIn(b), 0) : list.length / list.width;
  const needed = bitsOf(type) < 8 ? Math.ceil((size.count * bitsOf(type)) / 8) : size.count * perElement;
  if (entries !== needed) return fault(entries, needed, "values");
  const whole = list.bytes.length === 1 ? list.bytes[0] : undefined;
  const source: WeightSource =
    whole !== undefined && list.width !== undefined && (type === "float32" || type === "float64")
      ? { kind: "inline", offset: whole.byteOffset - file.byteOffset, length: whole.length }
      : { kind: "computed" };
  const values = () => (list.width === undefined ? intsOf(list.bytes, type, size.count) : floatsOf(list.bytes, list.width, perElement));
  return { kind: "inline", values, source };
}

interface TypedList {
  readonly bytes: readonly Uint8Array[];
  readonly length: number;
  /** Bytes per number; undefined: base-128 numbers. */
  readonly width: 4 | 8 | undefined;
}

/** The one typed field that holds something. */
function typedList(proto: TensorProto): TypedList | undefined {
  const fields = [
    { bytes: proto.floatData, width: 4 },
    { bytes: proto.doubleData, width: 8 },
    { bytes: proto.int32Data, width: undefined },
    { bytes: proto.int64Data, width: undefined },
    { bytes: proto.uint64Data, width: undefined },
  ] as const;
  for (const { bytes, width } of fields) {
    const length = bytes.reduce((n, b) => n + b.length, 0);
    if (length > 0) return { bytes, length, width };
  }
  return undefined;
}

/** Base-128 numbers in `bytes`: each ends with a byte below 128. */
function varintsIn(bytes: Uint8Array): number {
  let n = 0;
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] ?? 0) < 0x80) n++;
  return n;
}
