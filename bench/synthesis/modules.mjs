/**
 * The modules that are synthesised, each over a grid of parameters: how to emit one, and what our cost formulas say of it. `fixed` is
 * the part that is counted exactly (memories and multipliers), `features` those that the rest is fitted to.
 */
import { joinedBits, productsPerDsp } from "../../dist/cost/fpga/dsp.js";
import { arithmeticCost, arithmeticMemories, chainCost, POOLING_STAGES } from "../../dist/cost/fpga/engine.js";
import { FEATURES } from "../../dist/cost/fpga/logic.js";
import { memoryCost, queueStyle } from "../../dist/cost/fpga/memory.js";
import { NOTHING, sum } from "../../dist/cost/fpga/resources.js";
import { converterCost, converterFeatures, queueCost } from "../../dist/cost/fpga/stream.js";
import { delaysOf, windowOf } from "../../dist/cost/fpga/window.js";
import { convolution } from "../../dist/emit/verilog/convolution.js";
import { banksOf, initFile, memoryModule } from "../../dist/emit/verilog/memory.js";
import { addition } from "../../dist/emit/verilog/pointwise.js";
import { pooling } from "../../dist/emit/verilog/pooling.js";
import { converter, queue } from "../../dist/emit/verilog/stream.js";
import { bitsFor } from "../../dist/emit/verilog/tree.js";
import { unpackerModule } from "../../dist/emit/verilog/unpacker.js";
import { weightMemoryModule } from "../../dist/emit/verilog/weight-memory.js";
import { slidingWindow } from "../../dist/emit/verilog/window.js";

export const FABRIC = "ultrascale+";

/** All combinations of the lists, as objects. */
const grid = (lists) =>
  Object.entries(lists).reduce((made, [key, values]) => made.flatMap((entry) => values.map((value) => ({ ...entry, [key]: value }))), [{}]);

/** Numbers without a pattern that synthesis could use. */
const noise = (count, limit) =>
  Array.from({ length: count }, (_, i) => (((i * 7919 + 104729) * 31 + ((i * i) % 977)) % (2 * limit)) - limit);
const scaling = (bits) => ({ multiplier: 40503, shift: 24, low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 });
const kernelOf = (size) => ({ height: size, width: size, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, ...PADS });
const PADS = { top: 1, left: 1, bottom: 1, right: 1 };

const windowShape = ({ size, lanes, bits, channels, width }) => {
  const map = { channels, height: width, width, bits };
  const out = width + 3 - size;
  return { map, kernel: kernelOf(size), lanes, rows: out, columns: out, padding: "zero" };
};

const convolutionShape = ({ size, inputs, outputs, kernel, weight, activation, channels, filters }) => {
  const unroll = { in: inputs, out: outputs, group: 1, kernel };
  const positions = size * size;
  const sumBits = weight + activation + bitsFor(channels * positions);
  return {
    unroll,
    positions,
    reuse: 1,
    columns: 14,
    steps: { group: 1, channel: channels / inputs, filter: filters / outputs, kernel: positions / kernel },
    bits: { in: activation, weight, out: activation },
    perMultiplier: productsPerDsp(FABRIC, weight, activation),
    arithmetic: { kind: "convolution", weights: [], bias: noise(filters, 2 ** (sumBits - 3)), sumBits, scaling: scaling(activation) },
  };
};

const asConvolution = ({ size, weight, activation, channels, filters }) => ({
  window: windowOf(kernelOf(size), { height: 14, width: 14 }, { height: 14, width: 14 }),
  channels,
  filters,
  groups: 1,
  inputBits: activation,
  outputBits: activation,
  weightBits: weight,
  accumulatorBits: weight + activation + bitsFor(channels * size * size),
});
const copiesOf = ({ inputs, outputs, kernel }) => ({ in: inputs, out: outputs, group: 1, kernel });

export const MODULES = {
  queue: {
    points: [...grid({ width: [4, 20, 144], depth: [2, 12, 64] }), ...grid({ width: [5, 80], depth: [65, 700] })],
    emit: ({ width, depth }) => [queue(width, depth)],
    features: ({ width, depth }) => FEATURES.queue(width, depth),
    cost: ({ width, depth }) => queueCost(FABRIC, { width, depth }),
    fixed: ({ width, depth }) => memoryCost(FABRIC, { width, depth: depth - 1 }, queueStyle({ width, depth: depth - 1 }), "ram"),
  },
  converter: {
    points: [
      ...grid({
        bits: [5],
        lanes: [
          [1, 4],
          [1, 16],
          [8, 32],
          [4, 1],
          [16, 1],
          [32, 8],
          [12, 8],
        ],
      }),
      { bits: 8, lanes: [4, 16] },
    ],
    emit: ({ bits, lanes: [from, to] }) => [converter(bits, from, to)],
    features: ({ bits, lanes: [from, to] }) => converterFeatures(from, to, bits),
    cost: ({ bits, lanes: [from, to] }) => converterCost(from, to, bits),
    fixed: () => NOTHING,
  },
  window: {
    points: [
      ...grid({ size: [1, 3], lanes: [2, 4, 16], bits: [5], channels: [64], width: [28] }),
      ...grid({ size: [3, 5], lanes: [8], bits: [8], channels: [16], width: [14] }),
      { size: 3, lanes: 32, bits: 4, channels: 512, width: 7 },
    ],
    emit: (point) => [slidingWindow("chain", windowShape(point))],
    features: (point) => FEATURES.window(point.size ** 2, point.lanes * point.bits, placesOf(point)),
    cost: (point) => chainCost(FABRIC, windowIn(point), point.channels / point.lanes, point.lanes * point.bits),
    fixed: (point) =>
      sum(
        delaysOf(windowIn(point), point.channels / point.lanes).flatMap(({ count, length }) => {
          const memory = { width: point.lanes * point.bits, depth: length - 1 };
          return memory.depth > 0 ? Array.from({ length: count }, () => memoryCost(FABRIC, memory, queueStyle(memory), "exchange")) : [];
        }),
      ),
  },
  convolution: {
    points: [
      ...grid({ size: [1], inputs: [1, 4], outputs: [1, 4], kernel: [1], weight: [4], activation: [5], channels: [64], filters: [64] }),
      ...grid({ size: [3], inputs: [1], outputs: [2], kernel: [1, 3, 9], weight: [4], activation: [5], channels: [32], filters: [32] }),
      { size: 3, inputs: 2, outputs: 4, kernel: 1, weight: 4, activation: 5, channels: 64, filters: 64 },
      { size: 3, inputs: 2, outputs: 2, kernel: 3, weight: 4, activation: 5, channels: 64, filters: 128 },
      ...grid({ size: [3], inputs: [1], outputs: [1, 2], kernel: [9], weight: [8], activation: [8], channels: [48], filters: [96] }),
      { size: 1, inputs: 2, outputs: 8, kernel: 1, weight: 8, activation: 8, channels: 256, filters: 256 },
      { size: 5, inputs: 1, outputs: 2, kernel: 5, weight: 6, activation: 6, channels: 6, filters: 16 },
      // Wide engines, where what grows with the operands outweighs the rest.
      { size: 3, inputs: 4, outputs: 4, kernel: 9, weight: 4, activation: 5, channels: 32, filters: 32 },
      { size: 3, inputs: 16, outputs: 4, kernel: 1, weight: 4, activation: 5, channels: 64, filters: 64 },
      { size: 1, inputs: 8, outputs: 16, kernel: 1, weight: 4, activation: 5, channels: 128, filters: 128 },
    ],
    emit: (point) => convolution("engine", convolutionShape(point), point.filters / point.outputs),
    features: (point) => {
      const shape = convolutionShape(point);
      return FEATURES.convolution({
        windowBits: shape.positions * point.inputs * point.activation,
        operandBits: point.kernel * point.inputs * point.activation,
        steps: shape.steps.kernel,
        lanes: point.outputs,
        terms: point.inputs * point.kernel,
        joined: joinedBits(FABRIC, point.weight, point.activation, point.outputs) * point.inputs * point.kernel,
        product: point.activation + point.weight,
        sum: shape.arithmetic.sumBits,
        result: point.activation,
        walk: shape.steps.channel * shape.steps.filter * shape.steps.kernel,
      });
    },
    cost: (point) => arithmeticCost(FABRIC, asConvolution(point), copiesOf(point), 1),
    fixed: (point) => arithmeticMemories(FABRIC, asConvolution(point), copiesOf(point), 1),
  },
  maximum: {
    points: [...grid({ size: [2, 3], lanes: [1, 6], bits: [5] }), { size: 3, lanes: 2, bits: 8 }],
    emit: ({ size, lanes, bits }) =>
      pooling("pool", {
        lanes,
        positions: size ** 2,
        bitsIn: bits,
        bitsOut: bits,
        kept: 1,
        arithmetic: { kind: "maximum", scaling: PLAIN(bits) },
      }),
    features: ({ size, lanes, bits }) => FEATURES.maximum(size ** 2, lanes, bits),
    fixed: ({ lanes, bits }) => queueCost(FABRIC, { width: lanes * bits, depth: POOLING_STAGES }),
  },
  mean: {
    points: [...grid({ size: [2, 3], lanes: [1, 4], bits: [8] }), { size: 5, lanes: 1, bits: 5 }],
    emit: ({ size, lanes, bits }) =>
      pooling("pool", {
        lanes,
        positions: size ** 2,
        bitsIn: bits,
        bitsOut: bits,
        kept: 1,
        arithmetic: { kind: "mean", scaling: scaling(bits) },
      }),
    features: ({ size, lanes, bits }) => FEATURES.mean(size ** 2, lanes, bits, bits + bitsFor(size ** 2)),
    fixed: ({ lanes, bits }) => queueCost(FABRIC, { width: lanes * bits, depth: POOLING_STAGES }),
  },
  addition: {
    points: grid({ operands: [1, 2], lanes: [1, 6], bits: [8] }),
    emit: ({ operands, lanes, bits }) =>
      addition("add", {
        lanes,
        bitsIn: Array(operands).fill(bits),
        bitsOut: bits,
        factors: Array(operands).fill(1),
        scaling: scaling(bits),
      }),
    features: ({ operands, lanes, bits }) => FEATURES.addition(operands, lanes, bits),
    fixed: ({ lanes, bits }) => queueCost(FABRIC, { width: lanes * bits, depth: POOLING_STAGES }),
  },
  weights: {
    points: [
      { width: 36, depth: 2048, fragments: 0, streamed: 0 },
      { width: 80, depth: 1024, fragments: 0, streamed: 0 },
      { width: 36, depth: 1024, fragments: 8, streamed: 128 },
      { width: 36, depth: 4096, fragments: 8, streamed: 128 },
      { width: 80, depth: 2048, fragments: 16, streamed: 64 },
      { width: 144, depth: 1024, fragments: 4, streamed: 128 },
    ],
    emit: (point) => {
      const { kept, buffers, parts } = weightParts(point);
      return [weightMemoryModule(parts), ...[kept, buffers].filter((memory) => memory !== undefined).map(memoryModule)];
    },
    // Words without a pattern, for the memory that is never written.
    files: (point) => {
      const { kept } = weightParts(point);
      const banks = kept === undefined ? [] : banksOf(kept);
      return banks.map((bank) => ({
        path: initFile(kept, bank),
        lines: noise(bank.depth, 2 ** Math.min(20, bank.width - 1)).map((n) => Math.abs(n).toString(16)),
      }));
    },
    features: ({ width, depth, fragments, streamed }) =>
      FEATURES.weights(width, depth, fragments > 0, fragments > 0 && fragments * streamed < depth),
    fixed: ({ width, depth, fragments, streamed }) =>
      sum([
        memoryCost(FABRIC, { width, depth: depth - fragments * streamed }, "bram", "rom"),
        ...(fragments > 0 ? [memoryCost(FABRIC, { width, depth: 2 * streamed }, "bram", "ram")] : []),
      ]),
    cost: ({ width, depth, fragments, streamed }) =>
      sum([
        memoryCost(FABRIC, { width, depth: depth - fragments * streamed }, "bram", "rom"),
        ...(fragments > 0 ? [memoryCost(FABRIC, { width, depth: 2 * streamed }, "bram", "ram")] : []),
      ]),
  },
  unpacker: {
    points: [
      ...grid({ width: [8, 36, 72], bus: [64] }),
      ...grid({ width: [36, 256, 576], bus: [256] }),
      { width: 72, bus: 512 },
      { width: 1152, bus: 512 },
    ],
    emit: ({ width, bus }) => [unpackerModule("unpacker", "", bus, width, 64)],
    features: ({ width, bus }) => FEATURES.unpacker(width, bus, Math.min(bus, width & -width)),
    fixed: ({ bus }) => memoryCost(FABRIC, { width: bus, depth: 32 }, "lutram", "immediate"),
  },
};

function weightParts({ width, depth, fragments, streamed }) {
  const memory = (name, words, writable) => (words === 0 ? undefined : { name, comment: "", width, depth: words, style: "bram", writable });
  const kept = memory("kept", depth - fragments * streamed, false);
  const buffers = memory("buffers", fragments > 0 ? 2 * streamed : 0, true);
  const period = { length: depth / Math.max(1, fragments), streamed };
  return { kept, buffers, parts: { name: "weights", comment: "", width, period, buffers: 2, static: kept, fragments: buffers } };
}

/** Nothing to scale: results are what was found. */
const PLAIN = (bits) => ({ multiplier: 1, shift: 0, low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 });

const windowIn = ({ size, width }) =>
  windowOf(kernelOf(size), { height: width, width }, { height: width + 3 - size, width: width + 3 - size });
const placesOf = ({ channels, lanes, width }) => (width + 2) ** 2 * (channels / lanes);
