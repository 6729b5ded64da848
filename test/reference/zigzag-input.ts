import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { NestMapping, NestOperand, NestProblem } from "../../src/cost/nest/problem.js";
import { distinct, hull } from "../../src/cost/nest/window.js";
import type { AffineIndex } from "../../src/graph/loops.js";
import type { Direction, Hierarchy, Role } from "../../src/target/hierarchy.js";

/** What ZigZag dumps for one layer: as far as the replay reads it. */
export interface Dump {
  readonly outputs: {
    readonly memory: {
      readonly utilization: Readonly<Record<string, readonly number[]>>;
      readonly word_accesses: Readonly<Record<string, readonly Readonly<Record<Way, number>>[]>>;
    };
    readonly energy: { readonly energy_total: number };
    readonly latency: { readonly data_onloading: number; readonly computation: number; readonly data_offloading: number };
  };
  readonly inputs: {
    readonly accelerator: { readonly name: string; readonly operational_array: { readonly dimensions: Readonly<Record<string, number>> } };
    readonly layer: {
      readonly equation: string;
      readonly equation_relations: readonly string[];
      readonly loop_dimensions: Readonly<Record<string, number>>;
      readonly operand_precision: Readonly<Record<string, number>>;
      readonly user_spatial_mapping: Readonly<Record<string, Readonly<Record<string, number>>>>;
      readonly memory_operand_links: Readonly<Record<string, string>>;
    };
    readonly temporal_mapping: Readonly<Record<string, readonly (readonly string[])[]>>;
  };
}

export const WAYS = ["rd_out_to_low", "wr_in_by_low", "rd_out_to_high", "wr_in_by_high"] as const;
type Way = (typeof WAYS)[number];
const DIRECTION: Readonly<Record<string, Direction>> = { tl: "toBelow", fl: "fromBelow", th: "toAbove", fh: "fromAbove" };
const ROLE: Readonly<Record<string, Role>> = { O: "output", I1: "input", I2: "weight" };

interface MemoryYaml {
  readonly size: number;
  readonly r_cost: number;
  readonly w_cost: number;
  readonly operands: readonly string[];
  readonly ports: readonly {
    readonly name: string;
    readonly bandwidth_min: number;
    readonly bandwidth_max: number;
    readonly allocation: readonly string[];
  }[];
  readonly served_dimensions: readonly string[];
}

/** A ZigZag accelerator file. */
export function zigzagHierarchy(file: string): Hierarchy {
  const {
    name,
    memories,
    operational_array: array,
  } = parse(readFileSync(file, "utf8"), { uniqueKeys: false }) as {
    name: string;
    memories: Record<string, MemoryYaml>;
    operational_array: { unit_energy: number; dimensions: string[]; sizes: number[] };
  };
  return {
    name,
    axes: array.dimensions.map((axis, i) => ({ name: axis, size: array.sizes[i]! })),
    macEnergy: array.unit_energy,
    memories: Object.entries(memories).map(([memory, m]) => ({
      name: memory,
      size: m.size,
      energy: { read: m.r_cost, write: m.w_cost },
      roles: m.operands.map((operand) => ROLE[operand]!),
      serves: m.served_dimensions.map((axis) => array.dimensions.indexOf(axis)),
      ports: m.ports.map((port) => ({
        name: port.name,
        bandwidth: { min: port.bandwidth_min, max: port.bandwidth_max },
        serves: port.allocation.map((entry) => {
          const [operand, way] = entry.split(",").map((part) => part.trim());
          return { role: ROLE[operand!]!, direction: DIRECTION[way!]! };
        }),
      })),
    })),
  };
}

/** The layer of a dump as a nest, and its mapping. `names[o]` is the operand's name in the dump. */
export function zigzagLayer(
  dump: Dump,
  hierarchy: Hierarchy,
): { readonly problem: NestProblem; readonly mapping: NestMapping; readonly names: readonly string[] } {
  const { layer, temporal_mapping: temporal } = dump.inputs;
  const loops = Object.entries(layer.loop_dimensions).map(([name, size]) => ({ name, size }));
  const loop = (name: string) => loops.findIndex((l) => l.name === name);
  const relations = new Map(
    layer.equation_relations.map((relation) => {
      const [, index, sa, a, sb, b] = /(\w+) = (\d+)\*(\w+) \+ (\d+)\*(\w+)/.exec(relation.toUpperCase())!;
      return [index!, [loop(a!), Number(sa), loop(b!), Number(sb)] as const];
    }),
  );
  const accesses = new Map(
    [...layer.equation.matchAll(/([A-Z])((?:\[\w+\])+)/g)].map(([, name, list]) => [
      name!,
      [...list!.matchAll(/\[(\w+)\]/g)].map(([, index]) => index!.toUpperCase()),
    ]),
  );
  const names = [...accesses.keys()];
  const inputShape = windowSizes(dump, accesses, relations, hierarchy);
  const operands = names.map((name): NestOperand => {
    const axes = accesses.get(name)!.map((index): readonly [AffineIndex, number] => {
      const window = relations.get(index);
      if (!window) return [{ offset: 0, terms: [{ loop: loop(index), stride: 1 }] }, loops[loop(index)]!.size];
      const [a, sa, b, sb] = window;
      const [size, before] = inputShape.get(index)!;
      return [
        {
          offset: -before,
          terms: [
            { loop: a, stride: sa },
            { loop: b, stride: sb },
          ],
        },
        size,
      ];
    });
    const role = ROLE[layer.memory_operand_links[name]!]!;
    const { O_final: final, O: partial } = layer.operand_precision;
    return {
      role,
      indices: axes.map(([index]) => index),
      shape: axes.map(([, size]) => size),
      bits: role === "output" ? final! : layer.operand_precision[name]!,
      ...(role === "output" && { partialBits: partial! }),
    };
  });
  const flat = (name: string) =>
    temporal[name]!.map((level) =>
      level.map((entry) => {
        const [, at, size] = /\((\w+), ([\d.]+)\)/.exec(entry)!;
        return { loop: loop(at!), size: Number(size) };
      }),
    );
  return {
    problem: { loops, operands },
    names,
    mapping: {
      spatial: Object.entries(layer.user_spatial_mapping).flatMap(([axis, lanes]) =>
        Object.entries(lanes).flatMap(([name, factor]) =>
          loop(name) < 0 || factor <= 1
            ? []
            : [{ axis: hierarchy.axes.findIndex((a) => a.name === axis), loop: loop(name), factor: Number(factor) }],
        ),
      ),
      temporal: flat(names[0]!).flat(),
      cuts: names.map((name) => {
        let cut = 0;
        return flat(name).map((level) => {
          cut += level.length;
          return cut;
        });
      }),
    },
  };
}

/**
 * Sizes of the axes that windows slide over, and their padding before. A dump leaves padding out, but says how full the
 * outermost memory is, and so how many elements the input has: that tells the padding.
 */
function windowSizes(
  dump: Dump,
  accesses: ReadonlyMap<string, readonly string[]>,
  relations: ReadonlyMap<string, readonly [number, number, number, number]>,
  hierarchy: Hierarchy,
): ReadonlyMap<string, readonly [size: number, before: number]> {
  const { loop_dimensions: sizes, operand_precision: bits, memory_operand_links: links } = dump.inputs.layer;
  const list = Object.values(sizes);
  const whole = (index: string) => {
    const [a, sa, b, sb] = relations.get(index)!;
    return distinct(sa, sb, list[a]!, list[b]!);
  };
  /** Length of the axis where nothing is padding: windows may leave gaps. */
  const length = (index: string) => {
    const [a, sa, b, sb] = relations.get(index)!;
    return hull(sa, sb, list[a]!, list[b]!);
  };
  const count = (name: string, skip: boolean) =>
    accesses.get(name)!.reduce((n, index) => (relations.has(index) ? (skip ? n : n * whole(index)) : n * (sizes[index] ?? 1)), 1);
  const outermost = hierarchy.memories.at(-1)!;
  const sliding = [...accesses.keys()].find((name) => accesses.get(name)!.some((index) => relations.has(index)));
  if (!sliding) return new Map();
  const others = [...accesses.keys()].filter((name) => name !== sliding && outermost.roles.includes(ROLE[links[name]!]!));
  const rest = others.reduce((n, name) => n + count(name, false) * (name === "O" ? bits.O_final! : bits[name]!), 0);
  const used = dump.outputs.memory.utilization[sliding]!.at(-1)! * outermost.size;
  const plane = Math.round((used - rest) / bits[sliding]! / count(sliding, true));
  const [x, y] = [...relations.keys()];
  const most = [x, y].map((index) => (index ? whole(index) : 1));
  // Of the shapes with that many elements, the one with the most even padding.
  let best: readonly number[] = most;
  let uneven = Number.POSITIVE_INFINITY;
  for (let w = 1; w <= most[0]!; w++) {
    const h = plane / w;
    if (!Number.isInteger(h) || h > most[1]!) continue;
    const difference = Math.abs(most[0]! - w - (most[1]! - h));
    if (difference < uneven) [best, uneven] = [[w, h], difference];
  }
  return new Map(
    [x, y].flatMap((index, i) => {
      if (!index) return [];
      const padding = most[i]! - best[i]!;
      return [[index, [padding === 0 ? length(index) : best[i]!, Math.floor(padding / 2)]] as const];
    }),
  );
}
