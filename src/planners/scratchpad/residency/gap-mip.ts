import type { Mip, MipLimits, MipSolver } from "../../../search/mip.js";
import { type Accesses, loadOf } from "../accesses.js";
import { fits, type ResidencyAnswer, residencyOf } from "./residency.js";

/**
 * The same question as `exactResidency` as a mixed-integer programme over gaps: `z_g = 1` leaves gap g empty,
 * `y_v = 1` writes version v. It wins where many buffers of different sizes live long (nested skips), where the
 * dynamic programme drowns in states. The solver's answer is checked here before it counts.
 *
 * @see docs/math/scratchpad.md, section 4, programme (G)
 */
export async function gapMip(accesses: Accesses, capacity: Float64Array, solver: MipSolver, limits: MipLimits): Promise<ResidencyAnswer> {
  const none: ResidencyAnswer = { residency: undefined, bound: 0, exact: false };
  const { mip, gapOf } = gapProgramme(accesses, capacity);
  if (gapOf.length === 0) return { residency: residencyOf(accesses, new Uint8Array(accesses.gaps.count)), bound: 0, exact: true };
  const answer = await solver(mip, limits);
  if (answer.status === "failed" || answer.status === "infeasible") return none;
  // Sizes are whole, so the cost is: a bound rounds up. The slack covers the solver's own tolerance.
  const bound = Math.max(0, Math.ceil(answer.bound - 1e-6 * Math.max(1, Math.abs(answer.bound))));
  if (answer.x === undefined) return { ...none, bound };
  const absent = new Uint8Array(accesses.gaps.count);
  gapOf.forEach((g, column) => {
    absent[g] = answer.x![column]! > 0.5 ? 1 : 0;
  });
  if (!fits(accesses, absent, capacity)) return { ...none, bound };
  const residency = residencyOf(accesses, absent);
  return { residency, bound: Math.min(bound, residency.traffic), exact: bound >= residency.traffic };
}

/** Columns: one `z` per gap that covers an overfull position, then one `y` per version with a write to pay and such a gap. */
function gapProgramme(accesses: Accesses, capacity: Float64Array): { mip: Mip; gapOf: readonly number[] } {
  const { gaps, writeCost } = accesses;
  const load = loadOf(accesses);
  const overfull: number[] = [];
  load.forEach((bytes, t) => {
    if (bytes > capacity[t]!) overfull.push(t);
  });
  const nextOverfull = new Int32Array(load.length + 1).fill(load.length);
  for (let t = load.length - 1, at = overfull.length - 1; t >= 0; t--) {
    if (overfull[at] === t) at--;
    nextOverfull[t] = overfull[at + 1] ?? load.length;
  }
  const gapOf: number[] = [];
  for (let g = 0; g < gaps.count; g++) if (nextOverfull[gaps.from[g]! + 1]! < gaps.to[g]!) gapOf.push(g);
  const versions = [...new Set(gapOf.map((g) => gaps.version[g]!))].filter((v) => writeCost[v]! > 0);
  const writeColumn = new Map(versions.map((v, i) => [v, gapOf.length + i]));
  const columns = gapOf.length + versions.length;

  const cost = new Float64Array(columns);
  gapOf.forEach((g, c) => {
    cost[c] = gaps.size[g]!;
  });
  versions.forEach((v, i) => {
    cost[gapOf.length + i] = writeCost[v]!;
  });

  const rowStart: number[] = [0];
  const index: number[] = [];
  const value: number[] = [];
  const rowLower: number[] = [];
  const covering = new Map<number, number[]>(overfull.map((t) => [t, []]));
  gapOf.forEach((g, c) => {
    for (let t = nextOverfull[gaps.from[g]! + 1]!; t < gaps.to[g]!; t = nextOverfull[t + 1]!) covering.get(t)!.push(c);
  });
  let previous = "";
  for (const t of overfull) {
    const short = load[t]! - capacity[t]!;
    const row = covering.get(t)!;
    const key = `${row.join()}|${short}`;
    if (key === previous) continue; // neighbouring positions often ask the same
    previous = key;
    for (const c of row) {
      index.push(c);
      // A gap larger than what is missing helps no more than what is missing: this tightens the relaxation.
      value.push(Math.min(gaps.footprint[gapOf[c]!]!, short));
    }
    rowStart.push(index.length);
    rowLower.push(short);
  }
  gapOf.forEach((g, c) => {
    const y = writeColumn.get(gaps.version[g]!);
    if (y === undefined) return;
    index.push(y, c);
    value.push(1, -1);
    rowStart.push(index.length);
    rowLower.push(0);
  });
  return {
    gapOf,
    mip: {
      columns,
      cost,
      columnLower: new Float64Array(columns),
      columnUpper: new Float64Array(columns).fill(1),
      integer: new Uint8Array(columns).fill(1),
      rowStart: Int32Array.from(rowStart),
      index: Int32Array.from(index),
      value: Float64Array.from(value),
      rowLower: Float64Array.from(rowLower),
      rowUpper: new Float64Array(rowLower.length).fill(Number.POSITIVE_INFINITY),
    },
  };
}
