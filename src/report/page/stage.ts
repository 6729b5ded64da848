import { CAUSES } from "../causes.js";
import type { Data } from "./data.js";
import { stepAt } from "./data.js";
import { fill, h, swatch } from "./dom.js";
import { drawMap, type Rectangles, rectangles } from "./draw-map.js";
import { drawAxis, drawCurve, drawTimeline, type Levels, levels, type Slices, sliceColumns } from "./draw-time.js";
import { type Frame, frameOf, pixelToX, pixelToY, xToPixel } from "./frame.js";
import { lifeCard, sliceCard, stepCard } from "./hover.js";
import { drawOverlay } from "./overlay.js";
import { type Palette, palette } from "./palette.js";
import type { Axis, Store, Window } from "./state.js";
import { steer, within } from "./steer.js";

/** What lies under a point of the stage. */
export type Hit = { readonly kind: "life" | "slice" | "step"; readonly id: number };

/** The whole plan on one axis: no row of the view is left out. */
export function fullWindow({ report: { memories, steps }, stepCycles }: Data, memory: number, axis: Axis): Window {
  const { capacityBytes, peakBytes } = memories[memory] ?? { capacityBytes: 1, peakBytes: 1 };
  // A plan that uses little of a large memory would be a stripe at the bottom: show what is used.
  const y1 = peakBytes * 3 < capacityBytes ? peakBytes * 1.25 : Math.max(capacityBytes, peakBytes);
  return { x0: 0, x1: Math.max(1, axis === "steps" ? steps.length : stepCycles[steps.length]!), y0: 0, y1: Math.max(1, y1) };
}

/** Memory map, occupancy and timeline over one axis: one canvas for the plan, one above it for what the pointer and the selection say. */
export function stage(data: Data, store: Store): HTMLElement {
  const base = h("canvas", { class: "stage-base" });
  const over = h("canvas", {
    class: "stage-over",
    tabindex: 0,
    role: "application",
    "aria-label":
      "Memory map, occupancy and timeline. W and S zoom, A and D move, F shows all, left and right arrow go from step to step, escape clears. The tables below hold the same data.",
  });
  const card = h("div", { class: "card", hidden: true });
  const box = h("div", { class: "stage" }, base, over, card);

  let colours: Palette = palette();
  let prepared: { axis: Axis; memory: number; rects: Rectangles; levels: Levels; slices: Slices } | undefined;
  let hover: { hit: Hit | undefined; x: number; y: number } | undefined;
  let frame: Frame = frameOf(800, 400, data.report.resources.length, store.state.window);
  let due = { base: true, over: true };
  let scheduled = false;

  const schedule = (what: "base" | "over"): void => {
    due[what] = true;
    due.over = true;
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  };

  function draw(): void {
    scheduled = false;
    const { axis, memory, window: view } = store.state;
    const width = box.clientWidth;
    if (width === 0) return;
    frame = frameOf(width, data.report.memories.length === 0 ? 0 : width < 640 ? 300 : 420, data.report.resources.length, view);
    if (prepared?.axis !== axis || prepared.memory !== memory) {
      const slices = prepared?.axis === axis ? prepared.slices : sliceColumns(data, axis);
      prepared = { axis, memory, rects: rectangles(data, memory, axis), levels: levels(data, memory, axis), slices };
    }
    if (due.base) {
      const ctx = prepare(base, frame);
      drawAxis(ctx, frame, axis, colours);
      drawMap(ctx, frame, data, prepared.rects, memory, colours);
      drawCurve(ctx, frame, data, prepared.levels, memory, colours);
      drawTimeline(ctx, frame, data, prepared.slices, colours);
    }
    drawOverlay(prepare(over, frame), { frame, data, state: store.state, memory, colours, hover });
    box.style.height = `${frame.height}px`;
    due = { base: false, over: false };
  }

  const hitAt = (x: number, y: number): Hit | undefined => {
    if (!prepared || x < frame.left || x > frame.right) return undefined;
    const at = pixelToX(frame, x);
    if (y >= frame.map.top && y <= frame.map.top + frame.map.height) return hitMap(prepared.rects, frame, at, pixelToY(frame, y));
    const row = frame.rows.findIndex(({ top, height }) => y >= top && y <= top + height);
    if (row >= 0) return hitSlice(prepared.slices, frame, at, row);
    const step = Math.floor(store.state.axis === "steps" ? at : stepAt(data, at));
    return y > frame.map.top + frame.map.height && step >= 0 && step < data.report.steps.length ? { kind: "step", id: step } : undefined;
  };

  const select = (hit: Hit | undefined): void => {
    if (hit === undefined) store.select(undefined);
    else if (hit.kind === "life") store.select({ kind: "tensor", id: data.report.lives[hit.id]!.tensor });
    else if (hit.kind === "step") store.select({ kind: "step", id: hit.id });
    else {
      const { tensor, step } = data.report.slices[hit.id]!;
      store.select(tensor < 0 ? { kind: "step", id: step } : { kind: "tensor", id: tensor });
    }
  };

  const point = (x: number | undefined, y = 0): void => {
    hover = x === undefined ? undefined : { hit: hitAt(x, y), x, y };
    card.hidden = hover?.hit === undefined;
    over.style.cursor = hover?.hit ? "pointer" : "default";
    if (hover?.hit) {
      fill(card, describe(data, hover.hit));
      const flip = hover.x + 18 + card.offsetWidth > box.clientWidth;
      const left = Math.max(0, flip ? hover.x - 18 - card.offsetWidth : hover.x + 18);
      card.style.transform = `translate(${left}px, ${Math.min(hover.y + 12, frame.height - card.offsetHeight)}px)`;
    }
    schedule("over");
  };

  /** The selection's span on the axis. */
  const selected = (): { from: number; to: number } | undefined => {
    const { selection, axis } = store.state;
    const { lives, steps } = data.report;
    if (selection === undefined) return undefined;
    if (selection.kind === "step") {
      const step = steps[selection.id]!;
      return axis === "steps" ? { from: selection.id, to: selection.id + 1 } : { from: step.startCycle, to: step.endCycle };
    }
    const stays = data.livesOf[selection.id]!.map((i) => lives[i]!).filter((l) => l.memory === store.state.memory);
    if (stays.length === 0) return undefined;
    return {
      from: Math.min(...stays.map((l) => (axis === "steps" ? l.startStep : l.startCycle))),
      to: Math.max(...stays.map((l) => (axis === "steps" ? l.endStep : l.endCycle))),
    };
  };

  /** Moves the view to a selection made elsewhere that is out of sight, or in another memory. */
  const reveal = (): void => {
    const { selection, memory } = store.state;
    const homes = selection?.kind === "tensor" ? data.livesOf[selection.id]!.map((i) => data.report.lives[i]!.memory) : [];
    if (homes.length > 0 && !homes.includes(memory)) store.setMemory(homes[0]!);
    const span = selected();
    const { x0, x1, y0, y1 } = store.state.window;
    if (!span || (span.from < x1 && span.to > x0)) return;
    const start = (span.from + Math.min(span.to, span.from + (x1 - x0))) / 2 - (x1 - x0) / 2;
    store.setWindow(within({ x0: start, x1: start + x1 - x0, y0, y1 }, fullWindow(data, store.state.memory, store.state.axis)));
  };

  steer(over, {
    frame: () => frame,
    full: () => fullWindow(data, store.state.memory, store.state.axis),
    view: () => store.state.window,
    show: (next) => store.setWindow(next),
    focus: () => {
      const span = selected();
      const x = hover?.x ?? (span && xToPixel(frame, (span.from + span.to) / 2));
      return x !== undefined && x >= frame.left && x <= frame.right ? x : undefined;
    },
    point,
    pick: (x, y) => select(hitAt(x, y)),
    clear: () => store.select(undefined),
    walk: (by) => {
      const { selection } = store.state;
      const from = selection?.kind === "step" ? selection.id : by > 0 ? -1 : data.report.steps.length;
      store.select({ kind: "step", id: Math.min(data.report.steps.length - 1, Math.max(0, from + by)) });
    },
  });

  new ResizeObserver(() => schedule("base")).observe(box);
  store.on((change) => {
    if (change === "theme") {
      // At once: a printer does not wait for the next frame.
      colours = palette();
      due.base = true;
      return draw();
    }
    if (change === "selection") reveal();
    schedule(change === "selection" ? "over" : "base");
  });
  schedule("base");
  return box;
}

/** A canvas of the frame's size at the screen's density, cleared, drawing in CSS pixels. */
function prepare(canvas: HTMLCanvasElement, { width, height }: Frame): CanvasRenderingContext2D {
  const ratio = Math.min(3, devicePixelRatio || 1);
  const ctx = canvas.getContext("2d")!;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

/** The rectangle under a point, or the nearest in the same pixel, since a narrow one is hard to point at. */
function hitMap(rects: Rectangles, frame: Frame, x: number, y: number): Hit | undefined {
  const slack = ((frame.window.x1 - frame.window.x0) / (frame.right - frame.left)) * 1.5;
  let best: Hit | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rects.count; i++) {
    if (y < rects.low[i]! || y >= rects.high[i]! || x < rects.start[i]! - slack || x > rects.end[i]! + slack) continue;
    const off = Math.max(0, rects.start[i]! - x, x - rects.end[i]!);
    if (off >= distance) continue;
    distance = off;
    best = { kind: "life", id: rects.life[i]! };
  }
  return best;
}

function hitSlice(slices: Slices, frame: Frame, x: number, row: number): Hit | undefined {
  const slack = ((frame.window.x1 - frame.window.x0) / (frame.right - frame.left)) * 1.5;
  let best: Hit | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (let i = 0; i < slices.start.length; i++) {
    if (slices.row[i] !== row || x < slices.start[i]! - slack || x > slices.end[i]! + slack) continue;
    const off = Math.max(0, slices.start[i]! - x, x - slices.end[i]!);
    if (off >= distance) continue;
    distance = off;
    best = { kind: "slice", id: i };
  }
  return best;
}

const describe = (data: Data, hit: Hit): Node[] =>
  hit.kind === "life" ? lifeCard(data, hit.id) : hit.kind === "slice" ? sliceCard(data, hit.id) : stepCard(data, hit.id);

/** What the colours mean. */
export function legend({ report: { traffic, slices } }: Data): HTMLElement {
  const causes = traffic.flatMap(({ cause, compulsory }) => (compulsory ? [] : [cause]));
  const programs = slices.some(({ kind }) => kind === "program") ? (["programming"] as const) : [];
  return h(
    "ul",
    { class: "legend", "aria-label": "Colours" },
    ...["input", "weight", "activation", "output"].map((kind) => h("li", {}, swatch(kind), kind)),
    ...[...new Set([...causes, ...programs])].map((cause) => h("li", {}, swatch(cause), CAUSES[cause].label)),
    h("li", {}, h("span", { class: "swatch c-reserved", "aria-hidden": "true" }), "reserved"),
  );
}
