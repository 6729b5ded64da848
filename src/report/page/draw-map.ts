import { bytesText } from "../format.js";
import type { LifeRow } from "../rows.js";
import type { Data } from "./data.js";
import { type Frame, ticks, xToPixel, yToPixel } from "./frame.js";
import { COLOURS, colourOf, type Palette, pixelWord } from "./palette.js";
import type { Axis } from "./state.js";

/** The rectangles of one memory on one axis, in arrays that a redraw can run through. */
export interface Rectangles {
  readonly count: number;
  /** Index into `lives`. */
  readonly life: Int32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly colour: Uint8Array;
  /** Index into `allTints`. */
  readonly tint: Uint8Array;
}

const allTints = (colours: Palette): string[] => COLOURS.flatMap((name) => colours.tints[name]);

export function rectangles({ report: { lives } }: Data, memory: number, axis: Axis): Rectangles {
  const own = lives.flatMap((life, i) => (life.memory === memory && life.sizeBytes > 0 ? [i] : []));
  const column = (value: (life: LifeRow) => number) => Float64Array.from(own, (i) => value(lives[i]!));
  return {
    count: own.length,
    life: Int32Array.from(own),
    start: column((l) => (axis === "steps" ? l.startStep : l.startCycle)),
    end: column((l) => (axis === "steps" ? l.endStep : l.endCycle)),
    low: column((l) => l.offsetBytes),
    high: column((l) => l.offsetBytes + l.sizeBytes),
    colour: Uint8Array.from(own, (i) => COLOURS.indexOf(colourOf(lives[i]!.kind))),
    tint: Uint8Array.from(own, (i) => COLOURS.indexOf(colourOf(lives[i]!.kind)) * 3 + (lives[i]!.tensor % 3)),
  };
}

/** Narrower than this (CSS pixels) a rectangle is set pixel by pixel into one image instead of being filled. */
const NARROW = 1.5;
const LABEL_FONT = "11px ui-sans-serif, system-ui, sans-serif";

/** The memory map: one rectangle per stay in memory, address against time. Draws 100,000 of them in some ten milliseconds. */
export function drawMap(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  data: Data,
  rects: Rectangles,
  memory: number,
  colours: Palette,
): void {
  const { left, right, map, window: view } = frame;
  const shown = data.report.memories[memory];
  if (shown === undefined) return;
  const { capacityBytes, reserved } = shown;

  for (const at of ticks(view.y0, view.y1, map.height / 70, 1, 2)) {
    const y = Math.round(yToPixel(frame, at)) + 0.5;
    line(ctx, colours.line, left, y, right, y);
    label(ctx, colours.muted, bytesText(at), left - 8, y, "right", "middle");
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, map.top, right - left, map.height);
  ctx.clip();
  for (const { startByte, endByte } of reserved)
    hatch(ctx, colours.muted, left, yToPixel(frame, endByte), right, yToPixel(frame, startByte));

  const wide = drawNarrow(ctx, frame, rects, colours);
  const inset = (width: number) => (width > 6 ? 0.5 : 0);
  for (const [t, tint] of allTints(colours).entries()) {
    ctx.fillStyle = tint;
    for (const i of wide) {
      if (rects.tint[i] !== t) continue;
      const x = xToPixel(frame, rects.start[i]!);
      const width = xToPixel(frame, rects.end[i]!) - x;
      const top = yToPixel(frame, rects.high[i]!);
      const height = Math.max(0.5, yToPixel(frame, rects.low[i]!) - top);
      const dx = inset(width);
      const dy = inset(height);
      if (width > 10 && height > 10) {
        ctx.beginPath();
        ctx.roundRect(x + dx, top + dy, width - 2 * dx, height - 2 * dy, 2.5);
        ctx.fill();
      } else ctx.fillRect(x + dx, top + dy, width - 2 * dx, height - 2 * dy);
    }
  }
  drawMarks(ctx, frame, data, rects, wide, colours);
  drawLabels(ctx, frame, data, rects, wide, colours);
  ctx.restore();

  const capacity = yToPixel(frame, capacityBytes);
  if (capacity >= map.top - 1 && capacity <= map.top + map.height) {
    line(ctx, colours.ink, left, Math.round(capacity) + 0.5, right, Math.round(capacity) + 0.5, [5, 4]);
    label(ctx, colours.ink, `${frame.width < 640 ? "" : "capacity "}${bytesText(capacityBytes)}`, right, capacity - 5, "right", "bottom");
  } else if (view.y1 < capacityBytes)
    label(ctx, colours.muted, `capacity ${bytesText(capacityBytes)} is above`, right, map.top - 5, "right", "bottom");
}

/** Sets rectangles too narrow to fill into one image. @returns the others that are in sight. */
function drawNarrow(ctx: CanvasRenderingContext2D, frame: Frame, rects: Rectangles, colours: Palette): number[] {
  const { left, right, map, window: view } = frame;
  const ratio = ctx.getTransform().a;
  const width = Math.max(1, Math.round((right - left) * ratio));
  const height = Math.max(1, Math.round(map.height * ratio));
  const xScale = width / (view.x1 - view.x0);
  const yScale = height / (view.y1 - view.y0);
  const words = allTints(colours).map(pixelWord);
  const wide: number[] = [];
  let image: ImageData | undefined;
  let pixels: Uint32Array | undefined;
  for (let i = 0; i < rects.count; i++) {
    if (rects.end[i]! <= view.x0 || rects.start[i]! >= view.x1 || rects.high[i]! <= view.y0 || rects.low[i]! >= view.y1) continue;
    if ((rects.end[i]! - rects.start[i]!) * xScale >= NARROW * ratio) {
      wide.push(i);
      continue;
    }
    image ??= ctx.createImageData(width, height);
    pixels ??= new Uint32Array(image.data.buffer);
    const first = Math.min(width - 1, Math.max(0, Math.floor((rects.start[i]! - view.x0) * xScale)));
    const last = Math.min(width, Math.max(first + 1, Math.floor((rects.end[i]! - view.x0) * xScale)));
    const top = Math.max(0, Math.floor(height - (rects.high[i]! - view.y0) * yScale));
    const bottom = Math.min(height, Math.max(top + 1, Math.round(height - (rects.low[i]! - view.y0) * yScale)));
    const word = words[rects.tint[i]!]!;
    for (let row = top; row < bottom; row++) for (let column = first; column < last; column++) pixels[row * width + column] = word;
  }
  if (image) {
    const buffer = new OffscreenCanvas(width, height);
    buffer.getContext("2d")!.putImageData(image, 0, 0);
    ctx.drawImage(buffer, left, map.top, right - left, map.height);
  }
  return wide;
}

/** A bar on the left edge of what was fetched again, and on the right edge of what is spilled. */
function drawMarks(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  { report: { lives } }: Data,
  rects: Rectangles,
  wide: readonly number[],
  colours: Palette,
): void {
  for (const i of wide) {
    const { arrival, departure } = lives[rects.life[i]!]!;
    if (arrival !== "refetch" && departure !== "spill") continue;
    const x = xToPixel(frame, rects.start[i]!);
    const end = xToPixel(frame, rects.end[i]!);
    const top = yToPixel(frame, rects.high[i]!);
    const height = yToPixel(frame, rects.low[i]!) - top;
    const bar = Math.min(4, (end - x) / 3);
    if (arrival === "refetch") {
      ctx.fillStyle = colours.fill.refetch;
      ctx.fillRect(x, top, bar, height);
    }
    if (departure === "spill") {
      ctx.fillStyle = colours.fill.spill;
      ctx.fillRect(end - bar, top, bar, height);
    }
  }
}

/** Names where they fit, at most 400 of them, and sizes below where there is room. */
function drawLabels(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  data: Data,
  rects: Rectangles,
  wide: readonly number[],
  colours: Palette,
): void {
  ctx.font = LABEL_FONT;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  let left = 400;
  for (const i of wide) {
    const x = Math.max(frame.left, xToPixel(frame, rects.start[i]!)) + 7;
    const room = Math.min(frame.right, xToPixel(frame, rects.end[i]!)) - x - 5;
    const top = yToPixel(frame, rects.high[i]!);
    const height = Math.min(frame.map.top + frame.map.height, yToPixel(frame, rects.low[i]!)) - Math.max(frame.map.top, top);
    if (room < 52 || height < 16 || left-- <= 0) continue;
    const { tensor, sizeBytes } = data.report.lives[rects.life[i]!]!;
    ctx.fillStyle = colours.on[COLOURS[rects.colour[i]!]!];
    const y = Math.max(top, frame.map.top) + (height < 20 ? 2 : 5);
    ctx.fillText(endThatFits(ctx, data.tensorNames[tensor] ?? "", room), x, y);
    const size = bytesText(sizeBytes);
    if (height > 34 && ctx.measureText(size).width <= room) {
      ctx.globalAlpha = 0.75;
      ctx.fillText(size, x, y + 14);
      ctx.globalAlpha = 1;
    }
  }
}

/** The longest end of `text` that fits: the ends of names tell tensors apart. */
export function endThatFits(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  // No glyph that matters is narrower than two pixels; do not measure a name of a thousand letters.
  const short = text.length > room / 2 ? text.slice(-Math.ceil(room / 2)) : text;
  if (short === text && ctx.measureText(text).width <= room) return text;
  let low = 0;
  let high = short.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ctx.measureText(`…${short.slice(-middle)}`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `…${short.slice(-low)}`;
}

function hatch(ctx: CanvasRenderingContext2D, colour: string, x0: number, y0: number, x1: number, y1: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x0, y0, x1 - x0, y1 - y0);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.45;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let x = x0 - (y1 - y0); x < x1; x += 7) {
    ctx.moveTo(x, y1);
    ctx.lineTo(x + (y1 - y0), y0);
  }
  ctx.stroke();
  ctx.restore();
}

export function line(
  ctx: CanvasRenderingContext2D,
  colour: string,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  dash: readonly number[] = [],
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.setLineDash([...dash]);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.setLineDash([]);
}

export function label(
  ctx: CanvasRenderingContext2D,
  colour: string,
  text: string,
  x: number,
  y: number,
  align: CanvasTextAlign,
  baseline: CanvasTextBaseline,
): void {
  ctx.font = LABEL_FONT;
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  ctx.textBaseline = baseline;
  ctx.fillText(text, x, y);
}
