import type { PipelineTarget } from "../../target/pipeline-target.js";

type Fabric = PipelineTarget["fabric"];

/** Ports of a multiplier, both signed. Source: AMD UG479 (DSP48E1) and UG579 (DSP48E2). */
const PORTS = { "7series": { wide: 25, narrow: 18 }, "ultrascale+": { wide: 27, narrow: 18 } } as const;

/** Bits by which a partial result is shifted on its way to the next multiplier of a wide product. Source: the same. */
const CASCADE = 17;

/** Bits of the factor by which a sum is scaled to the output width; unsigned. */
export const SCALE_BITS = 16;

/**
 * Products of one activation with the weights of several filters that a multiplier forms at once, all signed: the weights are added up,
 * each shifted by the width of a product more than the one before, with a bit for the borrow of those below. 1 where no two fit.
 * Source: docs/math/pipeline.md, "Multipliers".
 */
export function productsPerDsp(fabric: Fabric, weightBits: number, activationBits: number): number {
  const { wide, narrow } = PORTS[fabric];
  if (activationBits > narrow) return 1;
  return Math.max(1, Math.floor((wide - 1 - weightBits) / (weightBits + activationBits)) + 1);
}

/** Multipliers that form the products of one activation with the weights of `filters`. */
export function dspsOfActivation(fabric: Fabric, weightBits: number, activationBits: number, filters: number): number {
  const each = productsPerDsp(fabric, weightBits, activationBits);
  return Math.ceil(filters / each) * (each > 1 ? 1 : dspsPerProduct(fabric, weightBits, activationBits));
}

/** Bits of the weights among them that are added to another before they are multiplied. */
export function joinedBits(fabric: Fabric, weightBits: number, activationBits: number, filters: number): number {
  return weightBits * (filters - Math.ceil(filters / productsPerDsp(fabric, weightBits, activationBits)));
}

/** Multipliers of one product of `a` x `b` bits, signed: what is wider than a port is cut into what fits it and pieces of a cascade's shift. */
export function dspsPerProduct(fabric: Fabric, a: number, b: number): number {
  const { wide, narrow } = PORTS[fabric];
  const parts = (x: number, port: number) => 1 + Math.max(0, Math.ceil((x - port) / CASCADE));
  return Math.min(parts(a, wide) * parts(b, narrow), parts(b, wide) * parts(a, narrow));
}
