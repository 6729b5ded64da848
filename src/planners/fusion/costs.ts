import { arrayCycles, bufferBytes, type Widths } from "../../cost/array/array.js";
import type { NestMapping } from "../../cost/nest/problem.js";
import type { PeArray } from "../../target/fusion-target.js";
import type { MappingGoal } from "./mapping/goal.js";
import { type MappedTile, makeMapper } from "./mapping/mapper.js";
import type { FusionProblem, Layer, LayerId } from "./plan.js";

/** What computing costs on the machine of a problem, remembered per layer and tile shape. */
export interface Costs {
  /** Cycles in which a layer computes `rows` x `columns` elements of all its channels. */
  readonly cycles: (layer: LayerId, rows: number, columns: number) => number;
  /** Picojoules meanwhile of what passes between array and buffer; on a custom array, of all its memories. */
  readonly exchange: (layer: LayerId, rows: number, columns: number) => number;
  /** How a custom array computes such a tile of a `mac` layer; undefined where it cannot, and on other arrays. */
  readonly mapping: (layer: LayerId, rows: number, columns: number) => NestMapping | undefined;
  /** Energy of a group's run: cycles in all and computing, multiply-accumulates, bytes across the chip boundary, `exchange` of its tiles. */
  readonly energy: (latency: number, cycles: number, macs: number, traffic: number, exchanged: number) => number;
  /** The least that can be if none of the arguments is less than given. */
  readonly leastEnergy: (latency: number, cycles: number, macs: number, traffic: number, exchanged: number) => number;
  /** Multiply-accumulates of the array per cycle, all elements busy. */
  readonly peak: number;
}

/** Tables larger than this are not kept; their layers are computed anew each time. */
const MOST_ENTRIES = 2 ** 17;

export function makeCosts(problem: FusionProblem): Costs {
  const { machine, layers, maps } = problem;
  const { busy, stalled, mac, buffer } = machine.energy;
  const mapped = mappedTiles(problem);
  const cycles = layers.map(({ kind, shape }, l) => (rows: number, columns: number) => {
    if (kind === "move") return 0;
    if (kind === "vector") return Math.ceil((rows * columns * shape.outputs) / machine.vector);
    return machine.array.template === "custom"
      ? (mapped(l, rows, columns)?.cycles ?? Number.POSITIVE_INFINITY)
      : arrayCycles(machine.array, shape, rows, columns);
  });
  const exchange = layers.map((layer, l) => {
    const { kind, shape } = layer;
    const widths = widthsOf(layer, maps, machine.accumulatorBits);
    return (rows: number, columns: number) => {
      if (kind === "move") return 0;
      if (kind === "vector") return buffer * Math.ceil((rows * columns * shape.outputs * (widths.input + widths.output)) / 8);
      return machine.array.template === "custom"
        ? (mapped(l, rows, columns)?.picojoules ?? Number.POSITIVE_INFINITY)
        : buffer * bufferBytes(machine.array, shape, rows, columns, widths);
    };
  });
  return {
    cycles: remembered(layers, cycles),
    exchange: buffer === 0 && machine.array.template !== "custom" ? () => 0 : remembered(layers, exchange),
    mapping: (layer, rows, columns) => mapped(layer, rows, columns)?.mapping,
    energy: (latency, computing, macs, traffic, exchanged) =>
      busy * computing +
      stalled * Math.max(0, latency - computing) +
      mac * macs +
      buffer * traffic +
      exchanged +
      machine.offChipEnergy * traffic,
    leastEnergy: (latency, computing, macs, traffic, exchanged) =>
      (busy >= stalled ? busy * computing + stalled * Math.max(0, latency - computing) : busy * latency) +
      mac * macs +
      exchanged +
      (buffer + machine.offChipEnergy) * traffic,
    peak: peakMacs(machine.array),
  };
}

/** Mappings on a custom array, sought when they are asked for; equal layers share them. */
function mappedTiles({
  machine,
  layers,
  maps,
  objective,
}: FusionProblem): (layer: LayerId, rows: number, columns: number) => MappedTile | undefined {
  const { array, accumulatorBits } = machine;
  if (array.template !== "custom") return () => undefined;
  const goal: MappingGoal = objective === "latency" || objective === "energy" ? objective : "energyDelay";
  const known = new Map<string, ReturnType<typeof makeMapper>>();
  const mappers = layers.map((layer) => {
    const { input, weight, ...others } = widthsOf(layer, maps, accumulatorBits);
    const widths = { ...others, input, weight: layer.factorBits ?? (layer.weights > 0 ? weight : input) };
    const { shape, computed } = layer;
    const key = JSON.stringify([shape, widths, computed]);
    const mapper = known.get(key) ?? held(makeMapper(array.hierarchy, { shape, widths }, computed, goal), computed.width);
    known.set(key, mapper);
    return mapper;
  });
  return (layer, rows, columns) => (layers[layer]!.kind === "mac" ? mappers[layer]!(rows, columns) : undefined);
}

/** A function of rows and columns that remembers what it said. */
function held<T>(find: (rows: number, columns: number) => T, width: number): (rows: number, columns: number) => T {
  const known = new Map<number, T>();
  return (rows, columns) => {
    const at = rows * (width + 1) + columns;
    if (!known.has(at)) known.set(at, find(rows, columns));
    return known.get(at)!;
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
      return array.hierarchy.axes.reduce((n, { size }) => n * size, 1);
  }
}
