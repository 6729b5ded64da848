import type { FabricResources, PipelineTarget } from "../../target/pipeline-target.js";
import { dspsPerProduct, SCALE_BITS } from "./dsp.js";
import { averaging, type EngineCost, NO_WEIGHTS } from "./engine.js";
import { FEATURES, logic } from "./logic.js";
import { memoryCost, multiplexer, queueStyle, type Words } from "./memory.js";
import { NOTHING, sum } from "./resources.js";

type Fabric = PipelineTarget["fabric"];

/** A feature map; `StreamedMap` of the pipeline is one. */
export interface MapShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly bits: number;
}

/** A layer that has neither weights nor windows. */
export interface Mover {
  readonly kind: "globalPooling" | "elementwise" | "combine" | "concatenation" | "resize" | "rearrange";
  /** ONNX type of the operator. */
  readonly type: string;
  readonly output: MapShape;
  /** Of `rearrange`: it makes each pixel of one pixel. */
  readonly kernel?: object | undefined;
}

/** Operators that compare and choose, and need no table. */
const SIMPLE = /^(Relu|LeakyRelu|PRelu|Clip|Identity|Neg|Abs|HardSigmoid|Cast|QuantizeLinear|DequantizeLinear|Quant|BipolarQuant|Trunc)$/;
/** Above this width a table is worse than its approximation by straight lines. */
const WIDEST_TABLE = 10;

/** Engine of a layer without weights and windows, `lanes` elements at a time. Source: docs/math/pipeline.md, "Other engines". */
export function moverCost(fabric: Fabric, layer: Mover, inputs: readonly MapShape[], lanes: number): EngineCost {
  const { kind, output } = layer;
  const input = inputs[0]!;
  const wordsIn = Math.max(...inputs.map(elements)) / lanes;
  const wordsOut = elements(output) / lanes;
  const plain = (resources: readonly FabricResources[], interval = Math.max(wordsIn, wordsOut)): EngineCost => ({
    interval: Math.ceil(interval),
    resources: sum(resources),
    weights: NO_WEIGHTS,
    sweeps: 0,
    before: 0,
    after: 0,
  });
  const arithmetic = (operands: number, bits: number) => logic("addition", FEATURES.addition(operands, lanes, bits));
  const memory = (words: Words, copies = 1): FabricResources => {
    const { lut, ff, bram18 } = memoryCost(fabric, words, queueStyle(words), "ram");
    return { ...NOTHING, lut: copies * lut, ff: copies * ff, bram18: copies * bram18 };
  };

  switch (kind) {
    case "elementwise":
      return plain([
        arithmetic(1, output.bits),
        SIMPLE.test(layer.type)
          ? NOTHING
          : memoryCost(fabric, { width: lanes * output.bits, depth: 2 ** Math.min(input.bits, WIDEST_TABLE) }, "lutram", "rom"),
      ]);
    case "combine": {
      // What has one pixel is kept while the others pass, once for this frame and once for the next.
      const kept = inputs.filter((map) => elements(map) < elements(output));
      const product = layer.type === "Mul" || layer.type === "Div";
      const mean = layer.type === "Mean";
      const widest = Math.max(...inputs.map(({ bits }) => bits)) + 1;
      return plain([
        arithmetic(inputs.length, widest),
        ...kept.map(({ channels, bits }) => memory({ width: lanes * bits, depth: Math.ceil((2 * channels) / lanes) })),
        product
          ? { ...NOTHING, dsp: lanes * dspsPerProduct(fabric, inputs[0]!.bits + 1, (inputs[1] ?? input).bits + 1) }
          : mean
            ? averaging(fabric, lanes, inputs.length, widest + SCALE_BITS)
            : NOTHING,
      ]);
    }
    case "concatenation":
      return plain([arithmetic(1, output.bits), { ...NOTHING, lut: multiplexer(lanes * output.bits, inputs.length) }], wordsOut);
    case "resize":
      // Two rows, one filled while the other is sent as often as it is wanted.
      return plain([arithmetic(1, output.bits), memory({ width: lanes * input.bits, depth: (2 * input.width * input.channels) / lanes })]);
    case "globalPooling": {
      const mean = !/max/i.test(layer.type);
      const sumBits = input.bits + (mean ? Math.ceil(Math.log2(Math.max(2, input.height * input.width))) : 0);
      const sums: Words = { width: lanes * sumBits, depth: Math.ceil((2 * input.channels) / lanes) };
      return plain([
        arithmetic(2, sumBits),
        memoryCost(fabric, sums, "lutram", "immediate"),
        ...(mean ? [averaging(fabric, lanes, input.height * input.width, sumBits)] : []),
      ]);
    }
    case "rearrange":
      // Two maps, or with a kernel two pixels, one filled while the other is sent. Elements of a word come from anywhere: a copy of the memory for each.
      return plain([
        memory({ width: lanes * input.bits, depth: Math.ceil((2 * (layer.kernel ? input.channels : elements(input))) / lanes) }, lanes),
        { ...NOTHING, lut: lanes * multiplexer(input.bits, lanes) },
      ]);
  }
}

const elements = ({ channels, height, width }: MapShape): number => channels * height * width;
