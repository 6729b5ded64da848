import type { Vector } from "./point.js";

/** Whether `a` is at least as good in everything and better in something. Less is better. */
export function dominates(a: Vector, b: Vector): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) return false;
    better ||= a[i]! < b[i]!;
  }
  return better;
}

/**
 * Indices of what nothing dominates, ascending by the objectives in their order, then by index; equal vectors all stay.
 * O(n · front).
 */
export function frontOf(vectors: readonly Vector[]): readonly number[] {
  const front: number[] = [];
  // What dominates a vector comes before it in this order.
  for (const i of vectors.map((_, v) => v).sort((a, b) => compare(vectors[a]!, vectors[b]!) || a - b))
    if (!front.some((f) => dominates(vectors[f]!, vectors[i]!))) front.push(i);
  return front;
}

/**
 * A part of `front` such that each other member is within the factor `1 + epsilon` of one that stayed, in everything. Greedy
 * in the order of `front`; 0 leaves it as it is.
 */
export function thinned(vectors: readonly Vector[], front: readonly number[], epsilon: number): readonly number[] {
  if (epsilon <= 0) return front;
  const kept: number[] = [];
  for (const i of front) if (!kept.some((k) => vectors[k]!.every((value, o) => value <= (1 + epsilon) * vectors[i]![o]!))) kept.push(i);
  return kept;
}

/**
 * Where giving up more of one objective begins to buy little of another. Each objective is scaled to 0 at the front's best and
 * 1 at its worst, on a logarithmic scale where all values are positive. Of two objectives: what lies farthest below the chord
 * between the ends, if anything does. Of more: what is least in its worst one, then in their sum. The first of equals; none
 * where fewer than two objectives differ. Source: docs/math/explore.md, section 4.
 */
export function kneeOf(vectors: readonly Vector[], front: readonly number[]): number | undefined {
  const scales = (vectors[front[0] ?? -1] ?? []).flatMap(
    (_, o) =>
      scaleOf(
        front.map((i) => vectors[i]![o]!),
        o,
      ) ?? [],
  );
  if (scales.length < 2) return undefined;
  const places = new Map(front.map((i) => [i, scales.map((place) => place(vectors[i]!))]));
  const sum = (i: number): number => places.get(i)!.reduce((a, b) => a + b, 0);
  const worst = (i: number): number => (scales.length === 2 ? 0 : Math.max(...places.get(i)!));
  const knee = front.reduce((best, i) => ((worst(i) - worst(best) || sum(i) - sum(best)) < 0 ? i : best), front[0]!);
  return scales.length === 2 && sum(knee) > 1 - CHORD ? undefined : knee;
}

/** Nearer to the chord than this is on it: its ends are, but for rounding. */
const CHORD = 1e-9;

function scaleOf(values: readonly number[], objective: number): ((vector: Vector) => number) | undefined {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (low === high) return undefined;
  if (low <= 0) return (vector) => (vector[objective]! - low) / (high - low);
  return (vector) => Math.log(vector[objective]! / low) / Math.log(high / low);
}

function compare(a: Vector, b: Vector): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
