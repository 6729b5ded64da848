import type { PipelineTarget } from "../../target/pipeline-target.js";

/** Ports of a multiplier, both signed. Source: AMD UG479 (DSP48E1) and UG579 (DSP48E2). */
const PORTS = { "7series": { wide: 25, narrow: 18 }, "ultrascale+": { wide: 27, narrow: 18 } } as const;

/** Bits of the factor by which a sum is scaled to the output width; unsigned. */
export const SCALE_BITS = 16;

/**
 * Products of one activation with the weights of several filters that a multiplier forms at once: the weights are added up, each shifted
 * by the width of a product more than the one before, with a bit for the borrow of those below. 1 where no two fit.
 * Source: docs/math/pipeline.md, "Multipliers".
 */
export function productsPerDsp(fabric: PipelineTarget["fabric"], weightBits: number, activationBits: number): number {
  const { wide, narrow } = PORTS[fabric];
  // Activations may be unsigned, which costs the port its sign bit.
  if (activationBits + 1 > narrow) return 1;
  return Math.max(1, Math.floor((wide - 1 - weightBits) / (weightBits + activationBits)) + 1);
}

/** Multipliers of one product of `a` x `b` bits, signed. */
export function dspsPerProduct(fabric: PipelineTarget["fabric"], a: number, b: number): number {
  const { wide, narrow } = PORTS[fabric];
  const parts = (x: number, port: number) => (x <= port ? 1 : Math.ceil((x - 1) / (port - 1)));
  return Math.min(parts(a, wide) * parts(b, narrow), parts(b, wide) * parts(a, narrow));
}
