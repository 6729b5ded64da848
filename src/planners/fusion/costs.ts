import { arrayCycles, bufferBytes, type Widths } from "../../cost/array/array.js";
import type { PeArray } from "../../target/fusion-target.js";
import type { FusionProblem, Layer, LayerId } from "./plan.js";

/** What computing costs on the machine of a problem, remembered per layer and tile shape. */
export interface Costs {
  /** Cycles in which a layer computes `rows` x `columns` elements of all its channels. */
  readonly cycles: (layer: LayerId, rows: number, columns: number) => number;
  /** Bytes between array and buffer meanwhile; 0 where they cost no energy. */
  readonly exchange: (layer: LayerId, rows: number, columns: number) => number;
  /** Energy of a group's run: cycles in all and computing, multiply-accumulates, bytes across the chip boundary and to the array. */
  readonly energy: (latency: number, cycles: number, macs: number, traffic: number, exchanged: number) => number;
  /** The least that can be if none of the arguments is less than given. */
  readonly leastEnergy: (latency: number, cycles: number, macs: number, traffic: number) => number;
  /** Multiply-accumulates of the array per cycle, all elements busy. */
  readonly peak: number;
}

/** Tables larger than this are not kept; their layers are computed anew each time. */
const MOST_ENTRIES = 2 ** 17;

export function makeCosts({ machine, layers, maps }: FusionProblem): Costs {
  const { busy, stalled, mac, buffer } = machine.energy;
  const cycles = layers.map(({ kind, shape }) => (rows: number, columns: number) => {
    if (kind === "move") return 0;
    return kind === "vector"
      ? Math.ceil((rows * columns * shape.outputs) / machine.vector)
      : arrayCycles(machine.array, shape, rows, columns);
  });
  const exchange = layers.map((layer) => {
    const { kind, shape } = layer;
    const widths = widthsOf(layer, maps, machine.accumulatorBits);
    return (rows: number, columns: number) => {
      if (kind === "move") return 0;
      if (kind === "vector") return Math.ceil((rows * columns * shape.outputs * (widths.input + widths.output)) / 8);
      return bufferBytes(machine.array, shape, rows, columns, widths);
    };
  });
  return {
    cycles: remembered(layers, cycles),
    exchange: buffer === 0 ? () => 0 : remembered(layers, exchange),
    energy: (latency, computing, macs, traffic, exchanged) =>
      busy * computing +
      stalled * Math.max(0, latency - computing) +
      mac * macs +
      buffer * (traffic + exchanged) +
      machine.offChipEnergy * traffic,
    leastEnergy: (latency, computing, macs, traffic) =>
      (busy >= stalled ? busy * computing + stalled * Math.max(0, latency - computing) : busy * latency) +
      mac * macs +
      (buffer + machine.offChipEnergy) * traffic,
    peak: peakMacs(machine.array),
  };
}

/** A function of layer, rows and columns with a table for each layer that is not too large. */
function remembered(
  layers: FusionProblem["layers"],
  counted: readonly ((rows: number, columns: number) => number)[],
): (layer: LayerId, rows: number, columns: number) => number {
  const tables = layers.map(({ computed }) => {
    const entries = (computed.height + 1) * (computed.width + 1);
    return entries > MOST_ENTRIES ? undefined : new Float64Array(entries).fill(-1);
  });
  return (layer, rows, columns) => {
    if (rows === 0 || columns === 0) return 0;
    const table = tables[layer];
    if (table === undefined) return counted[layer]!(rows, columns);
    const at = rows * (layers[layer]!.computed.width + 1) + columns;
    const known = table[at]!;
    if (known >= 0) return known;
    const value = counted[layer]!(rows, columns);
    table[at] = value;
    return value;
  };
}

/** Widths of what a layer touches; that of a weight follows from the bytes of all of them, biases included. */
function widthsOf({ reads, writes, shape, weights }: Layer, maps: FusionProblem["maps"], sum: number): Widths {
  const count = shape.outputs * (shape.inputs / shape.groups) * shape.kernel.height * shape.kernel.width;
  const output = maps[writes]!.bits;
  const [first] = reads;
  return { input: first === undefined ? output : maps[first.map]!.bits, weight: (8 * weights) / count, sum, output };
}

/** Multiply-accumulates per cycle of an array, all of its elements busy. */
export function peakMacs(array: PeArray): number {
  switch (array.template) {
    case "vwa":
      return array.blocks * array.rows * array.columns;
    case "nvdla":
      return array.outputs * array.inputs;
    case "row-stationary":
    case "systolic":
      return array.rows * array.columns;
    case "custom":
      return Number.POSITIVE_INFINITY;
  }
}
