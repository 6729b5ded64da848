import { bytesText, grouped } from "../format.js";
import type { LifeRow } from "../rows.js";
import type { Data } from "./data.js";
import { stepAt } from "./data.js";
import { label, line } from "./draw-map.js";
import { type Frame, pixelToX, xToPixel, yToPixel } from "./frame.js";
import { colourOf, type Palette } from "./palette.js";
import type { Hit } from "./stage.js";
import type { Axis, State } from "./state.js";

interface Scene {
  readonly frame: Frame;
  readonly data: Data;
  readonly state: Readonly<State>;
  readonly memory: number;
  readonly colours: Palette;
  readonly hover: { readonly hit: Hit | undefined; readonly x: number; readonly y: number } | undefined;
}

/** Peak cursor, selection and pointer, drawn above the plan. */
export function drawOverlay(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { frame, data, state, colours, hover } = scene;
  const { lives } = data.report;
  ctx.save();
  ctx.beginPath();
  ctx.rect(frame.left, 0, frame.right - frame.left, frame.height);
  ctx.clip();
  const { selection } = state;
  if (selection?.kind === "tensor") drawTensor(ctx, scene, selection.id);
  if (selection?.kind === "step") drawStep(ctx, scene, selection.id);
  if (hover?.hit?.kind === "life") outline(ctx, rectangle(scene, lives[hover.hit.id]!), colours.ink, 1.5);
  drawPeak(ctx, scene);
  if (hover && hover.x >= frame.left && hover.x <= frame.right) {
    line(ctx, colours.muted, Math.round(hover.x) + 0.5, frame.map.top, Math.round(hover.x) + 0.5, frame.axisTop, [2, 3]);
    const at = pixelToX(frame, hover.x);
    chip(ctx, colours, state.axis === "steps" ? grouped(Math.floor(at)) : grouped(Math.round(at)), hover.x, frame.axisTop + 4, frame);
  }
  ctx.restore();
}

function drawPeak(ctx: CanvasRenderingContext2D, { frame, data, state, memory, colours }: Scene): void {
  const shown = data.report.memories[memory];
  if (shown === undefined) return;
  const { peakStep, peakCycle, peakBytes } = shown;
  const at = state.axis === "steps" ? peakStep + 0.5 : peakCycle;
  const x = Math.round(xToPixel(frame, at)) + 0.5;
  if (x < frame.left || x > frame.right) return;
  ctx.globalAlpha = 0.6;
  line(ctx, colours.accent, x, frame.map.top, x, frame.axisTop);
  ctx.globalAlpha = 1;
  const right = x > (frame.left + frame.right) / 2;
  ctx.fillStyle = colours.accent;
  ctx.beginPath();
  ctx.moveTo(x - 4, frame.map.top - 7);
  ctx.lineTo(x + 4, frame.map.top - 7);
  ctx.lineTo(x, frame.map.top);
  ctx.fill();
  // The capacity is written at the right end.
  const end = Math.min(x - 8, frame.right - (frame.width < 640 ? 60 : 115));
  label(ctx, colours.accent, `peak ${bytesText(peakBytes)}`, right ? end : x + 8, frame.map.top - 4, right ? "right" : "left", "bottom");
}

/** Dims all but one tensor's stays, and draws a thread from each spill to the fetch that undoes it. */
function drawTensor(ctx: CanvasRenderingContext2D, scene: Scene, tensor: number): void {
  const { frame, data, state, memory, colours } = scene;
  const { lives, slices } = data.report;
  const stays = data.livesOf[tensor]!.map((i) => lives[i]!).filter((l) => l.memory === memory);
  veil(ctx, frame, colours);
  stays.forEach((life, i) => {
    const box = rectangle(scene, life);
    ctx.fillStyle = colours.fill[colourOf(life.kind)];
    ctx.fillRect(box.x, box.y, Math.max(1.5, box.width), box.height);
    outline(ctx, box, colours.ink, 1.5);
    const next = stays[i + 1];
    if (!next) return;
    const to = rectangle(scene, next);
    ctx.strokeStyle = colours.fill.refetch;
    ctx.lineWidth = 2;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(box.x + box.width, box.y + box.height / 2);
    const bend = Math.max(12, (to.x - box.x - box.width) / 3);
    ctx.bezierCurveTo(box.x + box.width + bend, box.y + box.height / 2, to.x - bend, to.y + to.height / 2, to.x, to.y + to.height / 2);
    ctx.stroke();
    ctx.setLineDash([]);
  });
  for (const i of data.transfersOf[tensor]!) {
    const slice = slices[i]!;
    const row = frame.rows[slice.resource];
    if (!row) continue;
    const x = xToPixel(frame, place(data, state.axis, slice.startCycle));
    const width = Math.max(2, xToPixel(frame, place(data, state.axis, slice.endCycle)) - x);
    ctx.fillStyle = colours.fill[colourOf(slice.cause)];
    ctx.fillRect(x, row.top, width, row.height);
    outline(ctx, { x, y: row.top, width, height: row.height }, colours.ink, 1.5);
  }
}

/** A band over the step's time; its operands stand out. */
function drawStep(ctx: CanvasRenderingContext2D, scene: Scene, step: number): void {
  const { frame, data, state, memory, colours } = scene;
  const { steps, lives, operands } = data.report;
  const from = xToPixel(frame, state.axis === "steps" ? step : steps[step]!.startCycle);
  const to = xToPixel(frame, state.axis === "steps" ? step + 1 : steps[step]!.endCycle);
  veil(ctx, frame, colours);
  ctx.fillStyle = colours.accent;
  ctx.globalAlpha = 0.18;
  ctx.fillRect(from, frame.map.top, Math.max(2, to - from), frame.axisTop - frame.map.top);
  ctx.globalAlpha = 1;
  const { reads, writes } = operands[step] ?? { reads: [], writes: [] };
  for (const tensor of new Set([...reads, ...writes]))
    for (const i of data.livesOf[tensor]!) {
      const life = lives[i]!;
      if (life.memory !== memory || life.startStep > step || life.endStep <= step) continue;
      const box = rectangle(scene, life);
      ctx.fillStyle = colours.fill[colourOf(life.kind)];
      ctx.fillRect(box.x, box.y, Math.max(1.5, box.width), box.height);
      outline(ctx, box, colours.ink, 1.5);
    }
  for (const i of data.computesAt[step]!) {
    const slice = data.report.slices[i]!;
    const row = frame.rows[slice.resource];
    if (!row) continue;
    const x = xToPixel(frame, place(data, state.axis, slice.startCycle));
    const width = Math.max(2, xToPixel(frame, place(data, state.axis, slice.endCycle)) - x);
    outline(ctx, { x, y: row.top, width, height: row.height }, colours.ink, 1.5);
  }
}

const place = (data: Data, axis: Axis, cycle: number): number => (axis === "cycles" ? cycle : stepAt(data, cycle));

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The stay as pixels, kept within the map. */
function rectangle({ frame, state: { axis } }: Scene, life: LifeRow): Box {
  const x = xToPixel(frame, axis === "steps" ? life.startStep : life.startCycle);
  const end = xToPixel(frame, axis === "steps" ? life.endStep : life.endCycle);
  const top = Math.max(frame.map.top, yToPixel(frame, life.offsetBytes + life.sizeBytes));
  const bottom = Math.min(frame.map.top + frame.map.height, yToPixel(frame, life.offsetBytes));
  return { x, y: top, width: end - x, height: Math.max(0, bottom - top) };
}

function veil(ctx: CanvasRenderingContext2D, { left, right, map, rows }: Frame, colours: Palette): void {
  ctx.fillStyle = colours.surface;
  ctx.globalAlpha = 0.6;
  ctx.fillRect(left, map.top, right - left, map.height);
  for (const { top, height } of rows) ctx.fillRect(left, top, right - left, height);
  ctx.globalAlpha = 1;
}

function outline(ctx: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string, thickness: number): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = thickness;
  ctx.strokeRect(x, y, Math.max(1, width), height);
}

/** A value of the axis at the pointer. */
function chip(ctx: CanvasRenderingContext2D, colours: Palette, text: string, x: number, top: number, frame: Frame): void {
  ctx.font = "11px ui-sans-serif, system-ui, sans-serif";
  const width = ctx.measureText(text).width + 12;
  const left = Math.min(frame.right - width, Math.max(frame.left, x - width / 2));
  ctx.fillStyle = colours.ink;
  ctx.beginPath();
  ctx.roundRect(left, top, width, 18, 4);
  ctx.fill();
  ctx.fillStyle = colours.surface;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, left + width / 2, top + 9.5);
}
