import { bytesText, compact, grouped, printable } from "../format.js";
import type { Data } from "./data.js";
import { stepAt } from "./data.js";
import { endThatFits, label, line } from "./draw-map.js";
import { type Frame, ticks, xToPixel } from "./frame.js";
import { COLOURS, type ColourName, colourOf, type Palette } from "./palette.js";
import type { Axis } from "./state.js";

const KINDS = ["weight", "input", "output", "activation"] as const;

/** Live bytes by kind over time: `bytes[k][i]` from `at[i]` until `at[i + 1]`. */
export interface Levels {
  readonly at: Float64Array;
  readonly bytes: readonly Float64Array[];
}

export function levels({ report: { lives } }: Data, memory: number, axis: Axis): Levels {
  const own = lives.filter((l) => l.memory === memory);
  const spans = own.map((l) => (axis === "steps" ? ([l.startStep, l.endStep] as const) : ([l.startCycle, l.endCycle] as const)));
  const at = Float64Array.from(new Set([0, ...spans.flat()])).sort();
  const index = new Map([...at].map((t, i) => [t, i]));
  const bytes = KINDS.map(() => new Float64Array(at.length));
  own.forEach((life, i) => {
    const [start, end] = spans[i]!;
    const column = bytes[Math.max(0, KINDS.indexOf(colourOf(life.kind) as (typeof KINDS)[number]))]!;
    column[index.get(start)!]! += life.sizeBytes;
    column[index.get(end)!]! -= life.sizeBytes;
  });
  for (const column of bytes) for (let i = 1; i < column.length; i++) column[i]! += column[i - 1]!;
  return { at, bytes };
}

/** Live bytes by kind, stacked. Where many changes share a pixel the fullest moment is drawn. */
export function drawCurve(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  data: Data,
  { at, bytes }: Levels,
  memory: number,
  colours: Palette,
): void {
  const { left, right, curve } = frame;
  const shown = data.report.memories[memory];
  if (shown === undefined) return;
  const { capacityBytes } = shown;
  const columns = Math.max(1, Math.round(right - left));
  const fullest = new Int32Array(columns).fill(-1);
  const total = (i: number): number => bytes.reduce((sum, column) => sum + column[i]!, 0);
  let highest = 1;
  for (let i = 0; i < at.length; i++) {
    const from = Math.max(0, Math.floor(xToPixel(frame, at[i]!) - left));
    const to = Math.min(columns - 1, Math.ceil(xToPixel(frame, at[i + 1] ?? at[i]!) - left) - 1);
    const sum = total(i);
    highest = Math.max(highest, sum);
    for (let x = from; x <= to; x++) if (fullest[x] === -1 || total(fullest[x]!) < sum) fullest[x] = i;
  }
  const top = Math.max(highest, Math.min(capacityBytes, highest * 2));
  const pixel = (n: number): number => curve.top + curve.height * (1 - n / top);

  for (const n of [0, top]) {
    const y = Math.round(pixel(n)) + 0.5;
    line(ctx, colours.line, left, y, right, y);
    label(ctx, colours.muted, bytesText(n), left - 8, y, "right", "middle");
  }
  for (let x = 0; x < columns; x++) {
    if (fullest[x] === -1) continue;
    let base = 0;
    for (const [k, kind] of KINDS.entries()) {
      const n = bytes[k]![fullest[x]!]!;
      if (n <= 0) continue;
      ctx.fillStyle = colours.fill[kind];
      ctx.fillRect(left + x, pixel(base + n), 1, pixel(base) - pixel(base + n));
      base += n;
    }
  }
  if (capacityBytes <= top) {
    const y = Math.round(pixel(capacityBytes)) + 0.5;
    line(ctx, colours.ink, left, y, right, y, [5, 4]);
  }
  label(ctx, colours.muted, "live bytes", left, curve.top - 6, "left", "bottom");
}

/** The slices of the timeline on one axis. */
export interface Slices {
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly row: Uint16Array;
  readonly colour: Uint8Array;
}

export function sliceColumns(data: Data, axis: Axis): Slices {
  const { slices } = data.report;
  const place = (cycle: number): number => (axis === "cycles" ? cycle : stepAt(data, cycle));
  return {
    start: Float64Array.from(slices, (s) => place(s.startCycle)),
    end: Float64Array.from(slices, (s) => place(s.endCycle)),
    row: Uint16Array.from(slices, (s) => s.resource),
    colour: Uint8Array.from(slices, (s) => COLOURS.indexOf(s.kind === "compute" ? "compute" : colourOf(s.cause))),
  };
}

/** Height of a row, in CSS pixels, that takes its name. */
const LEGIBLE = 11;

/** One row per resource; an idle resource is a gap. Slices too narrow to see become the share of their pixel that is busy. */
export function drawTimeline(ctx: CanvasRenderingContext2D, frame: Frame, data: Data, slices: Slices, colours: Palette): void {
  const { left, right, rows, window: view } = frame;
  const columns = Math.max(1, Math.round(right - left));
  const scale = columns / (view.x1 - view.x0);
  const crowd = rows.map(() => COLOURS.map((): Float32Array | undefined => undefined));
  for (const [r, { top, height }] of rows.entries()) {
    ctx.fillStyle = colours.line;
    ctx.globalAlpha = 0.45;
    ctx.fillRect(left, top, right - left, height);
    ctx.globalAlpha = 1;
    // Names that would run into each other are told by the pointer alone.
    const name = printable(data.report.resources[r]?.name ?? "");
    if (height >= LEGIBLE) label(ctx, colours.muted, endThatFits(ctx, name, left - 12), left - 8, top + height / 2, "right", "middle");
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, rows[0]?.top ?? 0, right - left, frame.axisTop);
  ctx.clip();
  for (let i = 0; i < slices.start.length; i++) {
    const row = rows[slices.row[i]!];
    if (!row || slices.end[i]! <= view.x0 || slices.start[i]! >= view.x1) continue;
    const x = (slices.start[i]! - view.x0) * scale;
    const width = (slices.end[i]! - slices.start[i]!) * scale;
    if (width >= 2) {
      ctx.fillStyle = colours.fill[COLOURS[slices.colour[i]!]!];
      ctx.fillRect(left + x, row.top, width > 4 ? width - 0.75 : width, row.height);
    } else {
      const kinds = crowd[slices.row[i]!]!;
      kinds[slices.colour[i]!] ??= new Float32Array(columns + 1);
      const share = kinds[slices.colour[i]!]!;
      for (let column = Math.max(0, Math.floor(x)); column < x + width && column < columns; column++)
        share[column]! += Math.max(1e-6, Math.min(x + width, column + 1) - Math.max(x, column));
    }
  }
  for (const [r, { top, height }] of rows.entries()) drawCrowd(ctx, left, top, height, crowd[r]!, colours);
  ctx.restore();
}

/** Stacks the busy shares of one pixel by cause, so that no cause hides another. */
function drawCrowd(
  ctx: CanvasRenderingContext2D,
  left: number,
  top: number,
  height: number,
  kinds: readonly (Float32Array | undefined)[],
  colours: Palette,
): void {
  const columns = kinds.find((k) => k !== undefined)?.length ?? 0;
  for (let x = 0; x < columns; x++) {
    const sum = kinds.reduce((total, k) => total + (k?.[x] ?? 0), 0);
    let base = top + height;
    for (const [c, share] of kinds.entries()) {
      const part = share?.[x] ?? 0;
      if (part === 0) continue;
      const tall = Math.max(1.5, (part / Math.max(1, sum)) * height);
      ctx.fillStyle = colours.fill[COLOURS[c] as ColourName];
      ctx.fillRect(left + x, base - tall, 1, tall);
      base -= tall;
    }
  }
}

export function drawAxis(ctx: CanvasRenderingContext2D, frame: Frame, axis: Axis, colours: Palette): void {
  const { left, right, axisTop, window: view } = frame;
  for (const at of ticks(view.x0, view.x1, (right - left) / 110, 1, 10)) {
    const x = Math.round(xToPixel(frame, at)) + 0.5;
    line(ctx, colours.line, x, frame.map.top, x, axisTop);
    label(
      ctx,
      colours.muted,
      axis === "steps" ? grouped(at) : compact(at),
      Math.min(x, right),
      axisTop + 5,
      x > right - 24 ? "right" : "center",
      "top",
    );
  }
  label(ctx, colours.muted, axis === "steps" ? "step" : "cycle", left - 8, axisTop + 5, "right", "top");
}
