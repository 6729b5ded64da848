import type { Window } from "./state.js";

/** A horizontal strip of the stage, in CSS pixels. */
export interface Band {
  readonly top: number;
  readonly height: number;
}

/** Where everything stands on the stage, and how plan coordinates become pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly map: Band;
  readonly curve: Band;
  readonly rows: readonly Band[];
  readonly axisTop: number;
  readonly window: Window;
}

/** A row with the gap below it; many rows share what twenty may take, down to a line each. */
const PITCH = 28;
const pitchOf = (rowCount: number): number => Math.max(2, Math.min(PITCH, Math.floor((20 * PITCH) / rowCount)));

/** @param mapHeight 0 where there is no memory to draw: then the timeline stands alone. */
export function frameOf(width: number, mapHeight: number, rowCount: number, window: Window): Frame {
  const map = { top: 22, height: mapHeight };
  const curve = mapHeight === 0 ? { top: map.top, height: 0 } : { top: map.top + map.height + 26, height: 64 };
  const rowsTop = curve.top + curve.height + (mapHeight === 0 ? 0 : 22);
  const pitch = pitchOf(rowCount);
  const height = Math.max(1, pitch - Math.max(0, Math.min(4, Math.floor(pitch / 4))));
  const rows = Array.from({ length: rowCount }, (_, i) => ({ top: rowsTop + i * pitch, height }));
  const axisTop = rowsTop + rowCount * pitch + 4;
  return { width, height: axisTop + 24, left: width < 640 ? 58 : 76, right: width - 8, map, curve, rows, axisTop, window };
}

export const xToPixel = ({ left, right, window: { x0, x1 } }: Frame, x: number): number => left + ((x - x0) / (x1 - x0)) * (right - left);
export const pixelToX = ({ left, right, window: { x0, x1 } }: Frame, pixel: number): number =>
  x0 + ((pixel - left) / (right - left)) * (x1 - x0);
/** Address 0 is at the bottom. */
export const yToPixel = ({ map, window: { y0, y1 } }: Frame, y: number): number => map.top + map.height * (1 - (y - y0) / (y1 - y0));
export const pixelToY = ({ map, window: { y0, y1 } }: Frame, pixel: number): number =>
  y0 + (1 - (pixel - map.top) / map.height) * (y1 - y0);

/** Round values within `[from, to]`, about `count` of them, multiples of 1, 2 or 5 times a power of `base`. */
export function ticks(from: number, to: number, count: number, smallest: number, base: 2 | 10): number[] {
  const rough = (to - from) / Math.max(1, count);
  const power = base ** Math.floor(Math.log(rough) / Math.log(base));
  const step = Math.max(
    smallest,
    base === 2 ? (power >= rough ? power : power * 2) : ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power,
  );
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}
