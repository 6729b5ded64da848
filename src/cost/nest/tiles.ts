import { BOUNDARIES, type NestCost, type Scratch, type Tiles } from "./cost.js";
import type { FlatMapping } from "./mapping.js";
import { IRRELEVANT, MOST_LEVELS, type Prepared, type PreparedOperand, RELEVANT } from "./prepare.js";
import { distinct, hull, sumOverTiles, type Window } from "./window.js";

/**
 * When each operand's tiles change: periods, counts, and the runs of loops at the top of each level.
 * Fills `prefix`, `reach`, `period`, `count`, `topRelevant`, `topIrrelevant`, `partial` of the scratch.
 * Source: docs/math/fusion.md, eq. (N4).
 */
export function timeline(p: Prepared, m: FlatMapping, s: Scratch): void {
  const { temporalCount: loops, temporalLoop, temporalSize } = m;
  const { prefix, reach, period, count } = s;
  prefix[0] = 1;
  for (let i = 0; i < loops; i++) prefix[i + 1] = prefix[i]! * temporalSize[i]!;
  const total = prefix[loops]!;
  for (let o = 0; o < p.operands.length; o++) {
    const { kind, levels, isOutput } = p.operands[o]!;
    const base = o * BOUNDARIES;
    for (let b = 0; b <= levels; b++) {
      // The tile stays while only loops turn that it does not depend on: those count as below the boundary.
      const cut = b === 0 ? 0 : m.cuts[o * MOST_LEVELS + b - 1]!;
      let end = cut;
      if (b > 0 || (p.conventions.latches && !isOutput))
        while (end < loops && (kind[temporalLoop[end]!] === IRRELEVANT || temporalSize[end] === 1)) end++;
      reach[base + b] = end;
      period[base + b] = prefix[end]!;
      count[base + b] = total / prefix[end]!;
      let relevant = 1;
      let irrelevant = 1;
      if (b > 0) {
        const start = b === 1 ? 0 : reach[base + b - 1]!;
        let i = end - 1;
        for (; i >= start && kind[temporalLoop[i]!] === IRRELEVANT; i--) irrelevant *= temporalSize[i]!;
        if (irrelevant === 1) for (; i >= start && kind[temporalLoop[i]!] === RELEVANT; i--) relevant *= temporalSize[i]!;
      }
      s.topRelevant[base + b] = relevant;
      s.topIrrelevant[base + b] = irrelevant;
    }
    if (isOutput) partialResults(p.operands[o]!, base, m, s);
  }
}

/** A result is partial as long as a summation runs above: over time from this boundary on, over lanes beyond the next. */
function partialResults({ kind, levels, lanesAt }: PreparedOperand, base: number, m: FlatMapping, { reach, partial }: Scratch): void {
  for (let b = 0; b <= levels; b++) {
    let is = 0;
    for (let i = b === 0 ? 0 : reach[base + b]!; i < m.temporalCount && is === 0; i++)
      if (kind[m.temporalLoop[i]!] !== RELEVANT && m.temporalSize[i]! > 1) is = 1;
    for (let i = 0; i < m.laneCount && is === 0; i++)
      if (lanesAt[m.laneAxis[i]!]! > b && kind[m.laneLoop[i]!] !== RELEVANT && m.laneFactor[i]! > 1) is = 1;
    partial[base + b] = is;
  }
}

/** Bits of an element as it passes boundary `at`. */
export function elementBits(p: Prepared, o: number, at: number, { partial }: Scratch): number {
  const { isOutput, bits, partialBits } = p.operands[o]!;
  return isOutput && partial[at]! > 0 ? partialBits : bits;
}

/**
 * Bits of an element as level `m` of operand `o` holds it: wide where sums arrive incomplete. ZigZag takes the width with
 * which they leave.
 */
export function heldBits(p: Prepared, o: number, m: number, s: Scratch): number {
  return elementBits(p, o, o * BOUNDARIES + m + (p.conventions.tiles === "uniform" ? 1 : 0), s);
}

/**
 * Tile sizes below and above every boundary, and what passes in a whole run. `factors`: lanes per entry of the mapping.
 * Source: docs/math/fusion.md, eq. (N1)-(N3), (N5).
 */
export function tileSizes(p: Prepared, m: FlatMapping, factors: Float64Array, t: Tiles, { scratch }: NestCost): void {
  const { extent, lanes, lanesBelow, reach } = scratch;
  const uniform = p.conventions.tiles === "uniform";
  for (let o = 0; o < p.operands.length; o++) {
    const operand = p.operands[o]!;
    const { levels, lanesAt } = operand;
    const base = o * BOUNDARIES;
    extent.fill(1);
    lanesBelow.fill(1);
    let from = 0;
    let units = 1;
    for (let i = 0; i < m.laneCount; i++) units *= factors[i]!;
    for (let b = 0; b <= levels; b++) {
      const at = base + b;
      lanes.fill(1);
      let here = 1;
      for (let i = 0; i < m.laneCount; i++) {
        if (lanesAt[m.laneAxis[i]!] !== b) continue;
        lanes[m.laneLoop[i]!]! *= factors[i]!;
        here *= factors[i]!;
      }
      const unit = tileSize(p, operand, extent);
      t.unit[at] = uniform ? roundHalfEven(unit) : unit;
      t.units[at] = uniform ? roundHalfEven(Math.round(units * 1000) / 1000) : units;
      t.union[at] = unionSize(p, operand, b, t.unit[at]!, m, factors, scratch);
      sums(p, operand, o, b, here, m, t, scratch);
      units /= here;
      if (b === levels) break;
      const end = reach[at + 1]!;
      for (let i = from; i < end; i++) extent[m.temporalLoop[i]!]! *= m.temporalSize[i]!;
      from = end;
      for (let l = 0; l < extent.length; l++) {
        extent[l]! *= lanes[l]!;
        lanesBelow[l]! *= lanes[l]!;
      }
    }
  }
}

/** Elements of the tile that the iterations `extent` touch. */
function tileSize(p: Prepared, { plain, windows, windowSizes }: PreparedOperand, extent: Float64Array): number {
  let size = 1;
  for (let i = 0; i < plain.length; i++) {
    const loop = plain[i]!;
    size *= p.conventions.tiles === "clipped" ? Math.min(extent[loop]!, p.loopSizes[loop]!) : extent[loop]!;
  }
  for (let w = 0; w < windows.length; w++) {
    const { loopA, loopB } = windows[w]!;
    size *= windowSize(p, windows[w]!, windowSizes[w]!, extent[loopA]!, extent[loopB]!);
  }
  return size;
}

function windowSize({ conventions: { tiles } }: Prepared, w: Window, most: number, a: number, b: number): number {
  const { strideA, strideB, countA, countB } = w;
  if (tiles === "clipped") return Math.min(most, distinct(strideA, strideB, Math.min(a, countA), Math.min(b, countB)));
  if (tiles === "delta") return hull(strideA, strideB, a, b);
  return Math.min(most, distinct(strideA, strideB, Math.trunc(a), Math.trunc(b)));
}

/** Different elements that the lanes fed by one memory above boundary `b` hold together. */
function unionSize(
  p: Prepared,
  operand: PreparedOperand,
  b: number,
  unit: number,
  m: FlatMapping,
  factors: Float64Array,
  { extent, lanes, lanesBelow }: Scratch,
): number {
  const { plain, windows, windowSizes, lanesAt } = operand;
  const { tiles } = p.conventions;
  if (tiles === "clipped") {
    let size = 1;
    for (let i = 0; i < plain.length; i++) size *= Math.min(extent[plain[i]!]! * lanes[plain[i]!]!, p.loopSizes[plain[i]!]!);
    for (let w = 0; w < windows.length; w++) {
      const { loopA, loopB } = windows[w]!;
      size *= windowSize(p, windows[w]!, windowSizes[w]!, extent[loopA]! * lanes[loopA]!, extent[loopB]! * lanes[loopB]!);
    }
    return size;
  }
  let copies = 1;
  for (let i = 0; i < plain.length; i++) copies *= lanes[plain[i]!]!;
  for (let w = 0; w < windows.length; w++) {
    const window = windows[w]!;
    const { loopA, loopB } = window;
    if (tiles === "uniform") {
      const below = windowSize(p, window, windowSizes[w]!, lanesBelow[loopA]!, lanesBelow[loopB]!);
      const all = windowSize(p, window, windowSizes[w]!, lanesBelow[loopA]! * lanes[loopA]!, lanesBelow[loopB]! * lanes[loopB]!);
      copies *= all / below;
    } else {
      for (let axis = 0; axis < lanesAt.length; axis++) if (lanesAt[axis] === b) copies *= differentLanes(window, axis, m, factors, extent);
    }
  }
  return unit * (tiles === "uniform" ? roundHalfEven(copies) : copies);
}

/** Lanes of one axis with different tiles: two of them share one only if they start at the same index. */
function differentLanes(
  { loopA, loopB, strideA, strideB }: Window,
  axis: number,
  m: FlatMapping,
  factors: Float64Array,
  extent: Float64Array,
): number {
  let a = 1;
  let b = 1;
  for (let i = 0; i < m.laneCount; i++) {
    if (m.laneAxis[i] !== axis) continue;
    if (m.laneLoop[i] === loopA) a *= factors[i]!;
    if (m.laneLoop[i] === loopB) b *= factors[i]!;
  }
  return distinct(strideA * extent[loopA]!, strideB * extent[loopB]!, a, b);
}

/** What passes boundary `b` in a whole run, seen from below and from above. */
function sums(
  p: Prepared,
  operand: PreparedOperand,
  o: number,
  b: number,
  here: number,
  m: FlatMapping,
  t: Tiles,
  { extent, lanes, reach, count }: Scratch,
): void {
  const at = o * BOUNDARIES + b;
  if (p.conventions.tiles === "uniform") {
    t.below[at] = t.unit[at]! * count[at]! * t.units[at]!;
    t.above[at] = (t.union[at]! * count[at]! * t.units[at]!) / here;
    return;
  }
  if (p.conventions.tiles === "delta") {
    const below = t.unit[at]! * count[at]! * t.units[at]! * fresh(operand, at, m, t.unit[at]!, extent, reach);
    t.below[at] = below;
    t.above[at] = (below * t.union[at]!) / (t.unit[at]! * here);
    return;
  }
  const { irrelevant, windows, plainSize } = operand;
  let below = plainSize;
  let above = plainSize;
  for (let w = 0; w < windows.length; w++) {
    const { loopA, loopB } = windows[w]!;
    below *= sumOverTiles(windows[w]!, extent[loopA]!, extent[loopB]!);
    above *= sumOverTiles(windows[w]!, extent[loopA]! * lanes[loopA]!, extent[loopB]! * lanes[loopB]!);
  }
  // Each step of an irrelevant loop above, in time or over lanes, brings the tile again; those in `reach` do not.
  for (let i = 0; i < irrelevant.length; i++) {
    const loop = irrelevant[i]!;
    let held = extent[loop]!;
    if (b === 0) for (let k = 0; k < reach[at]!; k++) if (m.temporalLoop[k] === loop) held *= m.temporalSize[k]!;
    below *= Math.ceil(p.loopSizes[loop]! / held);
    above *= Math.ceil(p.loopSizes[loop]! / (held * lanes[loop]!));
  }
  t.below[at] = below;
  t.above[at] = above;
}

/** Share of a tile that is new on average, when the loop right above slides the window. */
function fresh(operand: PreparedOperand, at: number, m: FlatMapping, unit: number, extent: Float64Array, reach: Int32Array): number {
  const next = reach[at]!;
  if (at % BOUNDARIES === 0) return 1;
  // An irrelevant loop in between makes the pattern change direction, and the overlap is fetched again.
  if (next >= m.temporalCount || heldBetween(at, m, reach)) return 1;
  const loop = m.temporalLoop[next]!;
  for (const { loopA, loopB, strideA, strideB } of operand.windows) {
    if (loop !== loopA && loop !== loopB) continue;
    const length = hull(strideA, strideB, extent[loopA]!, extent[loopB]!);
    const step = loop === loopA ? strideA * extent[loopA]! : strideB * extent[loopB]!;
    const steps = m.temporalSize[next]!;
    return unit === 0 ? 1 : (length + (steps - 1) * Math.min(step, length)) / (steps * length);
  }
  return 1;
}

/** Whether the tile above the boundary `at` outlasts a loop. */
function heldBetween(at: number, m: FlatMapping, reach: Int32Array): boolean {
  const b = at % BOUNDARIES;
  const o = (at - b) / BOUNDARIES;
  for (let i = m.cuts[o * MOST_LEVELS + b - 1]!; i < reach[at]!; i++) if (m.temporalSize[i]! > 1) return true;
  return false;
}

export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}
