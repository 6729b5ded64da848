import { type Bytes, bytes } from "../base/units.js";
import { bitsOf, packedBytes } from "../graph/element-type.js";
import type { Tensor } from "../graph/graph.js";
import type { Precision } from "./target.js";

/** Bits of one element under the assumed precision, which speaks of floating-point data only: indices and masks keep their own width. */
export function assumedBits({ role, elementType, bits }: Tensor, precision: Precision): number {
  const assumed = role === "weight" ? precision.weight : precision.activation;
  return assumed !== undefined && /^(b?float|complex)/.test(elementType) ? bitsOf(assumed) : bits;
}

/** Bytes of the whole tensor under the assumed precision, packed without gaps. */
export const assumedBytes = (tensor: Tensor, precision: Precision): Bytes =>
  bytes(
    packedBytes(
      tensor.shape.reduce((n, d) => n * d, 1),
      assumedBits(tensor, precision),
    ),
  );
