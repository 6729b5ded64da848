import { type Frame, pixelToX, pixelToY } from "./frame.js";
import type { Window } from "./state.js";

/** What the stage lets the pointer and the keys do. Pixels are of the stage, `walk` counts steps. */
export interface Helm {
  frame(): Frame;
  full(): Window;
  view(): Window;
  show(next: Window): void;
  /** Where keys zoom: what is pointed at or selected; the middle without it. */
  focus(): number | undefined;
  point(x: number | undefined, y?: number): void;
  pick(x: number, y: number): void;
  clear(): void;
  walk(by: number): void;
}

const DRAG_SLACK = 4;

/**
 * Zoom and pan. The wheel zooms only once the stage has the focus (a click or a tab stop), or with Ctrl or ⌘,
 * so that a page that is merely scrolled past does not swallow the helm.
 */
export function steer(element: HTMLElement, helm: Helm): void {
  let drag: { x: number; y: number; from: Window; moved: boolean } | undefined;

  const zoom = (factor: number, at?: { x: number; y: number }, vertical = false): void => {
    const frame = helm.frame();
    const { x0, x1, y0, y1 } = helm.view();
    const full = helm.full();
    if (vertical) {
      const y = pixelToY(frame, at?.y ?? frame.map.top + frame.map.height / 2);
      helm.show(within({ x0, x1, y0: y + (y0 - y) * factor, y1: y + (y1 - y) * factor }, full));
    } else {
      const x = pixelToX(frame, at?.x ?? helm.focus() ?? (frame.left + frame.right) / 2);
      helm.show(within({ x0: x + (x0 - x) * factor, x1: x + (x1 - x) * factor, y0, y1 }, full));
    }
  };
  const pan = (share: number): void => {
    const { x0, x1, y0, y1 } = helm.view();
    helm.show(within({ x0: x0 + (x1 - x0) * share, x1: x1 + (x1 - x0) * share, y0, y1 }, helm.full()));
  };

  element.addEventListener(
    "wheel",
    (event) => {
      if (document.activeElement !== element && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? 16 : 1;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !event.shiftKey) return pan((event.deltaX * pixels) / element.clientWidth);
      const turned = (event.deltaY || event.deltaX) * pixels;
      zoom(Math.exp(Math.max(-1, Math.min(1, turned * 0.0022))), { x: event.offsetX, y: event.offsetY }, event.shiftKey);
    },
    { passive: false },
  );
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    drag = { x: event.offsetX, y: event.offsetY, from: helm.view(), moved: false };
  });
  element.addEventListener("pointermove", (event) => {
    if (!drag) return helm.point(event.offsetX, event.offsetY);
    const dx = event.offsetX - drag.x;
    const dy = event.offsetY - drag.y;
    drag.moved ||= Math.hypot(dx, dy) > DRAG_SLACK;
    if (!drag.moved) return;
    const frame = helm.frame();
    const { x0, x1, y0, y1 } = drag.from;
    const sx = ((x1 - x0) / (frame.right - frame.left)) * dx;
    const sy = ((y1 - y0) / frame.map.height) * dy;
    helm.point(undefined);
    helm.show(within({ x0: x0 - sx, x1: x1 - sx, y0: y0 + sy, y1: y1 + sy }, helm.full()));
  });
  element.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) helm.pick(event.offsetX, event.offsetY);
    drag = undefined;
  });
  element.addEventListener("pointercancel", () => {
    drag = undefined;
  });
  element.addEventListener("pointerleave", () => helm.point(undefined));
  element.addEventListener("dblclick", (event) => zoom(0.35, { x: event.offsetX, y: event.offsetY }));
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act({ zoom, pan, helm });
  });
}

type Acts = { zoom: (factor: number) => void; pan: (share: number) => void; helm: Helm };

const KEYS: Readonly<Record<string, (acts: Acts) => void>> = {
  w: ({ zoom }) => zoom(0.8),
  s: ({ zoom }) => zoom(1.25),
  "+": ({ zoom }) => zoom(0.8),
  "-": ({ zoom }) => zoom(1.25),
  a: ({ pan }) => pan(-0.15),
  d: ({ pan }) => pan(0.15),
  f: ({ helm }) => helm.show(helm.full()),
  arrowleft: ({ helm }) => helm.walk(-1),
  arrowright: ({ helm }) => helm.walk(1),
  escape: ({ helm }) => helm.clear(),
};

/** `next` moved and shrunk into `full`, never narrower than a part in a million of it. */
export function within(next: Window, full: Window): Window {
  const [x0, x1] = clamp(next.x0, next.x1, full.x0, full.x1);
  const [y0, y1] = clamp(next.y0, next.y1, full.y0, full.y1);
  return { x0, x1, y0, y1 };
}

function clamp(from: number, to: number, low: number, high: number): [number, number] {
  const span = Math.min(high - low, Math.max(to - from, (high - low) / 1e6));
  const start = Math.min(high - span, Math.max(low, from));
  return [start, start + span];
}
