import { bitsOf, type ElementType } from "../graph/element-type.js";
import type { Data } from "./node.js";

/** Little-endian elements of `raw` as exact integers or floats. Complex and string elements have no such form. */
export function numbersIn(raw: Uint8Array, type: ElementType, count: number): Data | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = READERS[type];
  if (read !== undefined) {
    const width = bitsOf(type) / 8;
    return Array.from({ length: count }, (_, i) => read(view, i * width)) as Data;
  }
  const bits = bitsOf(type);
  if (bits >= 8) return undefined;
  return Array.from({ length: count }, (_, i) =>
    small(type, ((raw[(i * bits) >> 3] ?? 0) >> ((i * bits) & 7)) & ((1 << bits) - 1)),
  ) as Data;
}

/** Numbers of a constant: in half the room where that holds all of them exactly. */
export type Reals = Float64Array | Float32Array;

/** The same as real numbers, for constants of any size; whole numbers beyond 2^53 lose their last digits. */
export function realsIn(raw: Uint8Array, type: ElementType, count: number): Reals | undefined {
  const reals = type === "float32" || type === "int8" || type === "uint8" ? new Float32Array(count) : new Float64Array(count);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  // What weights are mostly stored as.
  if (type === "float32") for (let i = 0; i < count; i++) reals[i] = view.getFloat32(i * 4, true);
  else if (type === "int8") for (let i = 0; i < count; i++) reals[i] = view.getInt8(i);
  else if (type === "uint8") reals.set(raw);
  else {
    const numbers = numbersIn(raw, type, count);
    if (numbers === undefined) return undefined;
    for (let i = 0; i < count; i++) reals[i] = Number(numbers[i]);
  }
  return reals;
}

/** Packed base-128 numbers: `int32_data` (also of every narrower type, floats as their bits), `int64_data`, `uint64_data`. */
export function intsOf(chunks: readonly Uint8Array[], type: ElementType, count: number): Data | undefined {
  const entries = chunks.flatMap(varints);
  if (bitsOf(type) < 8)
    return numbersIn(
      Uint8Array.from(entries, (e) => Number(e & 0xffn)),
      type,
      count,
    );
  switch (type) {
    case "uint64":
    case "uint32":
      return entries.map((e) => BigInt.asUintN(64, e));
    case "int64":
      return entries.map((e) => BigInt.asIntN(64, e));
    case "int32":
    case "int16":
    case "int8":
    case "uint16":
    case "uint8":
    case "bool":
      return entries.map((e) => BigInt.asIntN(32, e));
    default: {
      const read = READERS[type];
      if (read === undefined) return undefined;
      const view = new DataView(new ArrayBuffer(8));
      return entries.map((e) => {
        view.setUint32(0, Number(e & 0xffffffffn), true);
        return read(view, 0);
      }) as Data;
    }
  }
}

/** `float_data` and `double_data`; pairs (complex numbers) have no form. */
export function floatsOf(chunks: readonly Uint8Array[], width: 4 | 8, perElement: number): Data | undefined {
  if (perElement !== 1) return undefined;
  return chunks.flatMap((chunk) => {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    return Array.from({ length: chunk.byteLength / width }, (_, i) =>
      width === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true),
    );
  });
}

type Reader = (view: DataView, at: number) => bigint | number;

const READERS: Readonly<Partial<Record<ElementType, Reader>>> = {
  float64: (v, at) => v.getFloat64(at, true),
  float32: (v, at) => v.getFloat32(at, true),
  float16: (v, at) => minifloat(v.getUint16(at, true), 5, 10, 15, "ieee"),
  bfloat16: (v, at) => minifloat(v.getUint16(at, true), 8, 7, 127, "ieee"),
  float8e4m3fn: (v, at) => minifloat(v.getUint8(at), 4, 3, 7, "finite"),
  float8e4m3fnuz: (v, at) => minifloat(v.getUint8(at), 4, 3, 8, "unsigned zero"),
  float8e5m2: (v, at) => minifloat(v.getUint8(at), 5, 2, 15, "ieee"),
  float8e5m2fnuz: (v, at) => minifloat(v.getUint8(at), 5, 2, 16, "unsigned zero"),
  float8e8m0: (v, at) => (v.getUint8(at) === 255 ? Number.NaN : 2 ** (v.getUint8(at) - 127)),
  int64: (v, at) => v.getBigInt64(at, true),
  int32: (v, at) => BigInt(v.getInt32(at, true)),
  int16: (v, at) => BigInt(v.getInt16(at, true)),
  int8: (v, at) => BigInt(v.getInt8(at)),
  uint64: (v, at) => v.getBigUint64(at, true),
  uint32: (v, at) => BigInt(v.getUint32(at, true)),
  uint16: (v, at) => BigInt(v.getUint16(at, true)),
  uint8: (v, at) => BigInt(v.getUint8(at)),
  bool: (v, at) => (v.getUint8(at) === 0 ? 0n : 1n),
};

/** An element of less than a byte from its bits. */
function small(type: ElementType, bits: number): bigint | number {
  switch (type) {
    case "int4":
    case "int2":
      return BigInt.asIntN(bitsOf(type), BigInt(bits));
    case "float4e2m1":
      return minifloat(bits, 2, 1, 1, "no specials");
    default:
      return BigInt(bits);
  }
}

/**
 * A float of `1 + exponent + fraction` bits. `specials`: IEEE infinities and NaN; `finite`: all ones is NaN,
 * no infinity; `unsigned zero`: minus zero is NaN, nothing else is special.
 */
function minifloat(
  bits: number,
  exponent: number,
  fraction: number,
  bias: number,
  specials: "ieee" | "finite" | "unsigned zero" | "no specials",
): number {
  const ones = 2 ** exponent - 1;
  const sign = bits >> (exponent + fraction) === 0 ? 1 : -1;
  const e = (bits >> fraction) & ones;
  const f = bits & (2 ** fraction - 1);
  if (specials === "ieee" && e === ones) return f === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (specials === "finite" && e === ones && f === 2 ** fraction - 1) return Number.NaN;
  if (specials === "unsigned zero" && sign === -1 && e === 0 && f === 0) return Number.NaN;
  return sign * (e === 0 ? f * 2 ** (1 - bias - fraction) : (1 + f / 2 ** fraction) * 2 ** (e - bias));
}

/** Base-128 numbers, least significant group first. */
function varints(bytes: Uint8Array): readonly bigint[] {
  const out: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      out.push(BigInt.asUintN(64, value));
      [value, shift] = [0n, 0n];
    }
  }
  return out;
}
