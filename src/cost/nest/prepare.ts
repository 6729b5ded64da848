import type { AffineIndex } from "../../graph/loops.js";
import { DIRECTIONS, type Hierarchy, levelsOf, type Role } from "../../target/hierarchy.js";
import type { Conventions, NestOperand, NestProblem } from "./problem.js";
import { distinct, memo, sumOverTiles, type Window } from "./window.js";

/** Most temporal loops, lanes and levels of a mapping; flat arrays are sized by them. */
export const MOST_LOOPS = 64;
export const MOST_LANES = 16;
export const MOST_LEVELS = 8;

/** How an operand sees a loop. Sliding ones share an axis with another whose steps overlap theirs. */
export const IRRELEVANT = 0;
export const RELEVANT = 1;
export const SLIDING = 2;

/** One operand in flat form. Levels count its own memories, innermost first. */
export interface PreparedOperand {
  readonly role: Role;
  readonly isOutput: boolean;
  readonly bits: number;
  readonly partialBits: number;
  /** Per loop: `IRRELEVANT`, `RELEVANT` or `SLIDING`. */
  readonly kind: Uint8Array;
  /** Loops that index without overlap and stay inside their axes. */
  readonly plain: Int32Array;
  readonly irrelevant: Int32Array;
  readonly windows: readonly Window[];
  /** Product of the sizes of `plain`. */
  readonly plainSize: number;
  /** Elements inside the tensor that the nest touches. */
  readonly size: number;
  /** Per window, the different indices that exist. */
  readonly windowSizes: Float64Array;
  readonly levels: number;
  /** Per level: index into the hierarchy's memories. */
  readonly memory: Int32Array;
  /** Per axis: the innermost level of which one instance serves all lanes; `levels` where none does. */
  readonly lanesAt: Int32Array;
  /** Per level and direction: index of the port, -1 where it has none. */
  readonly port: Int32Array;
}

/** A data stream past a port: operand, level and direction. */
export interface Link {
  readonly operand: number;
  readonly level: number;
  readonly direction: number;
}

export interface PreparedPort {
  readonly memory: number;
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** In the order in which the port lists them. */
  readonly links: readonly Link[];
  readonly servesBothInputs: boolean;
}

/** A problem on a hierarchy in the form that `evaluate` reads without allocating. */
export interface Prepared {
  readonly problem: NestProblem;
  readonly hierarchy: Hierarchy;
  readonly conventions: Conventions;
  readonly loopSizes: Float64Array;
  readonly iterations: number;
  readonly operands: readonly PreparedOperand[];
  readonly output: number;
  readonly ports: readonly PreparedPort[];
  /** Per memory. */
  readonly memorySize: Float64Array;
  readonly readEnergy: Float64Array;
  readonly writeEnergy: Float64Array;
  readonly leakage: Float64Array;
  /** Per memory: bits per access that its energy is for; 0 = those of the port. */
  readonly accessBits: Float64Array;
}

/** @throws RangeError on an operand without memory or port, or more levels than `MOST_LEVELS`: hierarchies are checked at the door. */
export function prepare(problem: NestProblem, hierarchy: Hierarchy, conventions: Conventions): Prepared {
  const { memories } = hierarchy;
  const per = (value: (memory: (typeof memories)[number]) => number) => Float64Array.from(memories, value);
  const ports: PreparedPort[] = [];
  const portAt = memories.map(({ ports: own }, memory) =>
    own.map((port) => {
      const links = port.serves.flatMap(({ role, direction }): Link[] => {
        const operand = problem.operands.findIndex((o) => o.role === role);
        const level = operand < 0 ? -1 : levelsOf(hierarchy, role).indexOf(memory);
        return level < 0 ? [] : [{ operand, level, direction: DIRECTIONS.indexOf(direction) }];
      });
      const roles = new Set(port.serves.map(({ role }) => role));
      const { min, max } = port.bandwidth;
      ports.push({ memory, name: port.name, min, max, links, servesBothInputs: roles.has("input") && roles.has("weight") });
      return ports.length - 1;
    }),
  );
  const operands = problem.operands.map((operand) => prepareOperand(operand, problem, hierarchy, conventions));
  for (const index of portAt.flat()) {
    for (const { operand, level, direction } of ports[index]!.links) operands[operand]!.port[level * 4 + direction] = index;
  }
  for (const { role, isOutput, levels, memory, port } of operands) {
    const needed = (level: number) => [...(isOutput ? [0, 1] : [0]), ...(level === levels - 1 ? [] : isOutput ? [2, 3] : [3])];
    for (let level = 0; level < levels; level++) {
      const missing = needed(level).find((direction) => port[level * 4 + direction]! < 0);
      if (missing !== undefined)
        throw new RangeError(`no port of ${memories[memory[level]!]!.name} serves the ${role} ${DIRECTIONS[missing]}`);
    }
  }
  return {
    problem,
    hierarchy,
    conventions,
    loopSizes: Float64Array.from(problem.loops, ({ size }) => size),
    iterations: problem.loops.reduce((n, { size }) => n * size, 1),
    operands,
    output: operands.findIndex(({ isOutput }) => isOutput),
    ports,
    memorySize: per(({ size }) => size),
    readEnergy: per(({ energy }) => energy.read),
    writeEnergy: per(({ energy }) => energy.write),
    leakage: per(({ leakage }) => leakage ?? 0),
    accessBits: per(({ accessBits }) => accessBits ?? 0),
  };
}

function prepareOperand(operand: NestOperand, problem: NestProblem, hierarchy: Hierarchy, conventions: Conventions): PreparedOperand {
  const { loops } = problem;
  const kind = new Uint8Array(loops.length);
  const slides = new Uint8Array(loops.length);
  const windows: Window[] = [];
  operand.indices.forEach((index, axis) => {
    for (const group of overlapping(index.terms, problem, conventions)) {
      const together = group.length > 1;
      for (const { loop } of group) kind[loop] = together ? SLIDING : RELEVANT;
    }
    const terms = index.terms.toSorted((a, b) => b.stride - a.stride || loops[b.loop]!.size - loops[a.loop]!.size);
    const [a, b] = terms;
    const padded = conventions.tiles === "clipped" && leaves(index, operand.shape[axis]!, problem);
    if (!a || terms.length > 2 || !(padded || kind[a.loop] === SLIDING)) return;
    for (const { loop } of terms) slides[loop] = 1;
    windows.push({
      loopA: a.loop,
      loopB: b?.loop ?? loops.length,
      countA: loops[a.loop]!.size,
      countB: b ? loops[b.loop]!.size : 1,
      strideA: a.stride,
      strideB: b?.stride ?? 1,
      offset: index.offset,
      size: operand.shape[axis]!,
      sums: memo(),
    });
  });
  const plain = Int32Array.from(loops.flatMap((_, loop) => (kind[loop] !== IRRELEVANT && slides[loop] === 0 ? [loop] : [])));
  const plainSize = plain.reduce((n, loop) => n * loops[loop]!.size, 1);
  const windowSizes = Float64Array.from(windows, (w) =>
    conventions.tiles === "clipped"
      ? sumOverTiles(w, w.countA, w.countB)
      : conventions.tiles === "uniform"
        ? Math.min(w.size, distinct(w.strideA, w.strideB, w.countA, w.countB))
        : Number.POSITIVE_INFINITY,
  );
  const memory = levelsOf(hierarchy, operand.role);
  if (memory.length === 0 || memory.length > MOST_LEVELS) throw new RangeError(`${memory.length} memories hold the ${operand.role}`);
  return {
    role: operand.role,
    isOutput: operand.role === "output",
    bits: operand.bits,
    partialBits: operand.partialBits ?? operand.bits,
    kind,
    plain,
    irrelevant: Int32Array.from(loops.flatMap((_, loop) => (kind[loop] === IRRELEVANT ? [loop] : []))),
    windows,
    plainSize,
    size: windowSizes.reduce((n, size) => n * size, plainSize),
    windowSizes,
    levels: memory.length,
    memory: Int32Array.from(memory),
    lanesAt: Int32Array.from(hierarchy.axes, (_, axis) => {
      const level = memory.findIndex((m) => hierarchy.memories[m]!.serves.includes(axis));
      return level < 0 ? memory.length : level;
    }),
    port: new Int32Array(memory.length * 4).fill(-1),
  };
}

/** Whether an index goes beyond its axis. */
const leaves = ({ offset, terms }: AffineIndex, size: number, { loops }: NestProblem): boolean =>
  offset < 0 || terms.reduce((last, { loop, stride }) => last + (loops[loop]!.size - 1) * stride, offset) >= size;

/** The terms of an axis in groups whose indices overlap: strides too small for the terms below. Smallest stride first. */
function overlapping(
  terms: readonly { readonly loop: number; readonly stride: number }[],
  { loops }: NestProblem,
  { tiles }: Conventions,
): readonly (readonly { readonly loop: number; readonly stride: number }[])[] {
  const groups: { loop: number; stride: number }[][] = [];
  let reach = 0;
  for (const term of terms.toSorted((a, b) => a.stride - b.stride || loops[a.loop]!.size - loops[b.loop]!.size)) {
    const { name, size } = loops[term.loop]!;
    const last = groups.at(-1);
    // ZigZag takes a kernel loop of one position for sliding all the same.
    const nominal = tiles === "uniform" && last?.length === 1 && (name.startsWith("F") || loops[last[0]!.loop]!.name.startsWith("F"));
    if (last && (nominal || term.stride <= reach)) last.push(term);
    else groups.push([term]);
    reach += (size - 1) * term.stride;
  }
  return groups;
}
