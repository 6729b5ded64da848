import type { NestMapping, NestOperand } from "../../src/cost/nest/problem.js";
import { levelsOf } from "../../src/target/hierarchy.js";
import type { RandomNest } from "../random-nest.js";

/** Elements per level that passed each way: [toBelow, fromBelow, toAbove, fromAbove]. */
export type Passed = readonly (readonly number[])[];

/** One factor of a loop as the run turns it: over time, or over the lanes at a boundary. */
interface Digit {
  readonly loop: number;
  readonly size: number;
  /** Elements the index moves by per step, the factors below it multiplied. */
  readonly weight: number;
  readonly at: { readonly time: number } | { readonly lane: number };
}

interface Tile {
  readonly key: string;
  readonly elements: ReadonlySet<string>;
}

/**
 * Runs a nest step by step and counts what every memory of one operand hands on. Each unit holds one tile, loads all of a
 * new one when the outer loops it depends on turn, sends results up when theirs turn, and starts those from zero that
 * nobody above has begun.
 */
export function runNest({ problem, hierarchy, mapping }: RandomNest, o: number): Passed {
  const operand = problem.operands[o]!;
  const memories = levelsOf(hierarchy, operand.role).map((m) => hierarchy.memories[m]!);
  const levels = memories.length;
  const isOutput = operand.role === "output";
  const boundaryOf = (axis: number) => {
    const level = memories.findIndex(({ serves }) => serves.includes(axis));
    return level < 0 ? levels : level;
  };
  const depends = new Set(operand.indices.flatMap(({ terms }) => terms.map(({ loop }) => loop)));
  const reach = reaches(mapping, o, depends, isOutput, levels);
  const digits = digitsOf(mapping, reach, boundaryOf);
  const sizes = problem.loops.map(({ size }) => size);
  const steps = product(mapping.temporal);
  const laneCount = mapping.spatial.reduce((n, { factor }) => n * factor, 1);
  const laneAt = mapping.spatial.map(({ axis }) => boundaryOf(axis));
  const passed = Array.from({ length: levels }, () => [0, 0, 0, 0]);

  /** Value of a digit at a step and a lane. */
  const value = ({ at }: Digit, time: readonly number[], lane: readonly number[]) => ("time" in at ? time[at.time]! : lane[at.lane]!);
  /** Lanes that tell units below boundary `b` apart. */
  const unitsAt = (b: number) => laneAt.flatMap((at, i) => (at >= b ? [i] : []));

  /** The tile of a unit below boundary `b`; undefined where its lane has nothing to do. */
  function tileOf(b: number, time: readonly number[], lane: readonly number[], step: number): Tile | undefined {
    const start = sizes.map(() => 0);
    const length = sizes.map(() => 1);
    const outer: string[] = [];
    for (const digit of digits) {
      const inside = "time" in digit.at ? digit.at.time < reach[b]! : laneAt[digit.at.lane]! < b;
      if (inside) length[digit.loop]! *= digit.size;
      else {
        start[digit.loop]! += value(digit, time, lane) * digit.weight;
        if (depends.has(digit.loop) || !("time" in digit.at) || digit.at.time >= reach[b]!) outer.push(`${value(digit, time, lane)}`);
      }
    }
    if (start.some((s, loop) => s >= sizes[loop]!)) return undefined;
    const elements = elementsOf(operand, start, length, sizes);
    return { key: b === 0 && isOutput ? `${step}` : outer.join(), elements };
  }

  const held = Array.from({ length: levels }, () => new Map<string, Tile>());
  const begun = Array.from({ length: levels }, () => new Map<string, Set<string>>());
  const idOf = (lane: readonly number[], which: readonly number[]) => which.map((i) => lane[i]).join("/");

  for (let step = 0; step <= steps; step++) {
    const time = values(step, mapping.temporal);
    const now = Array.from({ length: levels }, () => new Map<string, { upper: string; tile: Tile | undefined }>());
    for (let b = 0; b < levels; b++) {
      for (let l = 0; l < laneCount; l++) {
        const lane = values(
          l,
          mapping.spatial.map(({ factor }) => ({ size: factor })),
        );
        const id = idOf(lane, unitsAt(b));
        // Inner lanes share a unit: it works as long as the first of them does.
        if (!now[b]!.has(id))
          now[b]!.set(id, { upper: idOf(lane, unitsAt(b + 1)), tile: step < steps ? tileOf(b, time, lane, step) : undefined });
      }
    }
    const turned = (b: number) =>
      [...now[b]!].filter(([id, { tile }]) => step === steps || (tile !== undefined && tile.key !== held[b]!.get(id)?.key));

    if (isOutput)
      for (let b = 1; b < levels; b++)
        drain(
          b,
          turned(b).map(([id, { upper }]) => ({ upper, tile: held[b]!.get(id) })),
        );
    for (let b = levels - 1; b >= 0 && step < steps; b--) {
      const groups = grouped(turned(b), ([, { upper }]) => upper);
      for (const [upper, units] of groups) {
        const all = new Set(units.flatMap(([, { tile }]) => [...tile!.elements]));
        if (isOutput) {
          const known = [...all].filter((element) => begunAt(b, upper).has(element));
          passed[b]![0]! += known.length;
          if (b > 0) passed[b - 1]![3]! += known.length;
          const left = new Set(known);
          for (const [id, { tile }] of units) {
            const own = [...tile!.elements].filter((element) => left.delete(element));
            if (b > 0) begun[b - 1]!.set(id, new Set(own));
          }
        } else {
          passed[b]![0]! += all.size;
          if (b > 0) for (const [, { tile }] of units) passed[b - 1]![3]! += tile!.elements.size;
        }
        for (const [id, { tile }] of units) held[b]!.set(id, tile!);
      }
    }
    if (isOutput && step < steps)
      drain(
        0,
        [...now[0]!.values()].filter(({ tile }) => tile !== undefined),
      );
  }
  return passed;

  function begunAt(level: number, id: string): Set<string> {
    const set = begun[level]!.get(id) ?? new Set();
    begun[level]!.set(id, set);
    return set;
  }

  /** Units send their tiles up; lanes under one memory are added on the way. */
  function drain(b: number, units: readonly { readonly upper: string; readonly tile: Tile | undefined }[]): void {
    for (const [upper, group] of grouped(units, (unit) => unit.upper)) {
      const all = new Set(group.flatMap(({ tile }) => [...(tile?.elements ?? [])]));
      passed[b]![1]! += all.size;
      if (b > 0) for (const { tile } of group) passed[b - 1]![2]! += tile?.elements.size ?? 0;
      for (const element of all) begunAt(b, upper).add(element);
    }
  }
}

/** Per boundary: temporal loops below it, with those above the cut that leave the tile as it is. */
function reaches(mapping: NestMapping, o: number, depends: ReadonlySet<number>, isOutput: boolean, levels: number): readonly number[] {
  return Array.from({ length: levels + 1 }, (_, b) => {
    let reach = b === 0 ? 0 : mapping.cuts[o]![b - 1]!;
    if (b > 0 || !isOutput) while (reach < mapping.temporal.length && !depends.has(mapping.temporal[reach]!.loop)) reach++;
    return reach;
  });
}

/** Least significant first: what a tile spans or outlasts, then the lanes that hold such tiles, and so on outwards. */
function digitsOf(mapping: NestMapping, reach: readonly number[], boundaryOf: (axis: number) => number): readonly Digit[] {
  const weights = new Map<number, number>();
  const digits: Digit[] = [];
  const add = (loop: number, size: number, at: Digit["at"]) => {
    const weight = weights.get(loop) ?? 1;
    digits.push({ loop, size, weight, at });
    weights.set(loop, weight * size);
  };
  reach.forEach((end, b) => {
    for (let time = b === 0 ? 0 : reach[b - 1]!; time < end; time++)
      add(mapping.temporal[time]!.loop, mapping.temporal[time]!.size, { time });
    mapping.spatial.forEach(({ axis, loop, factor }, lane) => {
      if (boundaryOf(axis) === b) add(loop, factor, { lane });
    });
  });
  return digits;
}

/** Elements inside the tensor that iterations [start, start + length) of every loop touch. */
function elementsOf(
  { indices, shape }: NestOperand,
  start: readonly number[],
  length: readonly number[],
  sizes: readonly number[],
): ReadonlySet<string> {
  const axes = indices.map(({ offset, terms }, axis) => {
    let reached = [offset];
    for (const { loop, stride } of terms) {
      const end = Math.min(sizes[loop]!, start[loop]! + length[loop]!);
      const steps = Array.from({ length: Math.max(0, end - start[loop]!) }, (_, i) => (start[loop]! + i) * stride);
      reached = reached.flatMap((at) => steps.map((s) => at + s));
    }
    return [...new Set(reached)].filter((at) => at >= 0 && at < shape[axis]!);
  });
  return new Set(axes.reduce<readonly string[]>((all, axis) => all.flatMap((rest) => axis.map((at) => `${rest},${at}`)), [""]));
}

function grouped<T>(list: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

const product = (loops: readonly { readonly size: number }[]): number => loops.reduce((n, { size }) => n * size, 1);

/** `n` in the mixed base of `digits`, innermost first. */
function values(n: number, digits: readonly { readonly size: number }[]): readonly number[] {
  let rest = n;
  return digits.map(({ size }) => {
    const digit = rest % size;
    rest = Math.floor(rest / size);
    return digit;
  });
}
