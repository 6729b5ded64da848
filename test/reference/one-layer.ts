import {
  bytes,
  bytesPerCycle,
  elementsPerCycle,
  hertz,
  picojoulesPerByte,
  picojoulesPerCycle,
  picojoulesPerMac,
} from "../../src/base/units.js";
import type { LayerShape } from "../../src/cost/array/array.js";
import type { FusionProblem } from "../../src/planners/fusion/plan.js";

/** A convolution as tables of papers give it: square maps and kernels. */
export interface Convolution {
  /** Rows of the input, channels in and out of all groups, kernel, stride, padding, groups, rows of the result. */
  readonly H: number;
  readonly C: number;
  readonly K: number;
  readonly F: number;
  readonly S: number;
  readonly P: number;
  readonly G: number;
  readonly Ho: number;
}

export const shapeOf = ({ C, K, G, F, S }: Convolution): LayerShape => ({
  inputs: C,
  outputs: K,
  groups: G,
  kernel: { height: F, width: F },
  stride: { y: S, x: S },
});

/** A network of one layer on a machine whose buffers hold everything. */
export function oneLayer(layer: Convolution, bits: { readonly input: number; readonly output: number }, weights: number): FusionProblem {
  const { H, C, K, F, S, P, Ho } = layer;
  const window = { stride: S, extent: F, before: P, repeat: 1 };
  return {
    kind: "fusion",
    objective: "traffic",
    machine: {
      clock: hertz(1e9),
      array: { template: "nvdla", outputs: 1, inputs: 1 },
      buffers: { arrangement: "split", features: bytes(2 ** 30), weights: bytes(2 ** 30) },
      accumulatorBits: 16,
      vector: elementsPerCycle(1),
      offChipRate: bytesPerCycle(1),
      offChipEnergy: picojoulesPerByte(1),
      energy: { mac: picojoulesPerMac(1), buffer: picojoulesPerByte(0), busy: picojoulesPerCycle(0), stalled: picojoulesPerCycle(0) },
    },
    maps: [
      { name: "input", channels: C, height: H, width: H, bits: bits.input, kind: "input" },
      { name: "result", channels: K, height: Ho, width: Ho, bits: bits.output, kind: "output" },
    ],
    layers: [
      {
        name: "convolution",
        type: "Conv",
        operators: ["convolution"],
        kind: "mac",
        reads: [{ map: 0, y: window, x: window }],
        writes: 1,
        computed: { height: Ho, width: Ho },
        pooling: undefined,
        shape: shapeOf(layer),
        weights: bytes(weights),
      },
    ],
    modes: ["recompute"],
    assumptions: [],
  };
}
