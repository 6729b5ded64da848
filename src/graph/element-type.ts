/** Element types of tensors, named as ONNX names them in lower case; `int4`, `uint2`... have sub-byte elements. */
export type ElementType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "float8e4m3fn"
  | "float8e4m3fnuz"
  | "float8e5m2"
  | "float8e5m2fnuz"
  | "float8e8m0"
  | "float4e2m1"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "int4"
  | "int2"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "uint4"
  | "uint2"
  | "bool"
  | "complex64"
  | "complex128"
  | "string";

const WIDTHS: Readonly<Record<ElementType, number>> = {
  float64: 64,
  float32: 32,
  float16: 16,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  float8e8m0: 8,
  float4e2m1: 4,
  int64: 64,
  int32: 32,
  int16: 16,
  int8: 8,
  int4: 4,
  int2: 2,
  uint64: 64,
  uint32: 32,
  uint16: 16,
  uint8: 8,
  uint4: 4,
  uint2: 2,
  bool: 8,
  complex64: 64,
  complex128: 128,
  // A string has no fixed width; tensors of strings are counted as references of 8 bytes.
  string: 64,
};

/** Bits one element occupies. */
export const bitsOf = (type: ElementType): number => WIDTHS[type];

/** Bytes that `count` elements of `bits` bits occupy, packed without gaps, last byte whole. */
export const packedBytes = (count: number, bits: number): number => Math.ceil((count * bits) / 8);
