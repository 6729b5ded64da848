import type { Scale } from "../chart.js";
import { tickText, type Unit } from "../quantity.js";
import { fill, h } from "./dom.js";
import { ticks } from "./frame.js";
import { facts } from "./hover.js";
import type { ColourName } from "./palette.js";

type Child = Node | string | null | false;

/** An SVG element; strings become text nodes, never markup. Colours go through `painted`, the rest is the style sheet's. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  properties: Readonly<Record<string, string | number>> = {},
  ...children: readonly (Child | readonly Child[])[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value));
  fill(element, children.flat());
  return element;
}

/** Fills with a named colour, which follows the theme. */
export function painted<E extends SVGElement>(element: E, colour: ColourName): E {
  element.style.fill = `var(--${colour})`;
  return element;
}

/** Shows a card beside a mark while the pointer is over it. */
export type Tip = <E extends SVGElement>(mark: E, name: string, rows: readonly (readonly [string, string])[]) => E;

/** A tip whose card lives in `box`, which has to be positioned. */
export function tips(box: HTMLElement): Tip {
  const card = h("div", { class: "card", hidden: true });
  box.append(card);
  return (mark, name, rows) => {
    mark.addEventListener("pointerenter", () => {
      fill(card, [h("p", { class: "card-name" }, h("bdi", {}, name)), facts(rows)]);
      card.hidden = false;
      const [own, within] = [mark.getBoundingClientRect(), box.getBoundingClientRect()];
      const x = own.left + own.width / 2 - within.left;
      const left = x + 14 + card.offsetWidth > box.clientWidth ? x - 14 - card.offsetWidth : x + 14;
      const top = Math.min(own.top + own.height / 2 - within.top + 10, box.clientHeight - card.offsetHeight);
      card.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, top)}px)`;
    });
    mark.addEventListener("pointerleave", () => {
      card.hidden = true;
    });
    return mark;
  };
}

/** The space of a chart within its axes, in CSS pixels. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A scale laid along one side of an area. */
export interface Ruler {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly unit: Unit;
}

/** Lays `scale` from pixel `from` to pixel `to`, so that all of `values` are in sight. A linear scale begins at 0, as bars need it. */
export function ruler({ spacing, unit }: Pick<Scale, "spacing" | "unit">, values: readonly number[], from: number, to: number): Ruler {
  const pixels = Math.abs(to - from);
  const place = (share: number): number => from + share * (to - from);
  const finite = values.filter(Number.isFinite);
  if (spacing === "log") {
    const positive = finite.filter((v) => v > 0);
    const marks = logMarks(least(positive, 1), most(positive, 10), pixels / 72);
    const [low, high] = [Math.log10(marks[0]!), Math.log10(marks.at(-1)!)];
    return { at: (v) => place(v > 0 ? (Math.log10(v) - low) / (high - low) : 0), ticks: marks, unit };
  }
  const low = Math.min(0, least(finite, 0));
  const high = Math.max(most(finite, 0), low + 1e-12);
  const whole = unit === "" || unit === "B" || unit === "cycle";
  const marks = ticks(low, high, Math.max(2, pixels / 74), whole ? 1 : 0, unit === "B" ? 2 : 10);
  return { at: (v) => place((v - low) / (high - low)), ticks: marks, unit };
}

/** From at most `low` to at least `high`: 1, 2, 5, 10 and so on where values lie within two decades, else powers of ten; about as many as there is `room` for. */
function logMarks(low: number, high: number, room: number): readonly number[] {
  const mark = (k: number): number => Number(`${[1, 2, 5][((k % 3) + 3) % 3]}e${Math.floor(k / 3)}`);
  const decade = Math.floor(Math.log10(low) + ROUNDING);
  const top = Math.max(decade + 1, Math.ceil(Math.log10(high) - ROUNDING));
  let [first, last] = [3 * decade, 3 * top];
  while (mark(first + 1) <= low * (1 + ROUNDING)) first++;
  while (last > first + 1 && mark(last - 1) >= high * (1 - ROUNDING)) last--;
  if (last - first <= Math.min(6, room)) return Array.from({ length: last - first + 1 }, (_, k) => mark(first + k));
  const every = Math.max(1, Math.ceil((top - decade) / Math.max(1, room)));
  return Array.from({ length: Math.ceil((top - decade) / every) + 1 }, (_, k) => mark(3 * (decade + k * every)));
}

/** What is a mark but for rounding. */
const ROUNDING = 1e-9;

// A spread of a hundred thousand arguments would overflow the stack.
const least = (values: readonly number[], none: number): number => values.reduce((a, b) => (b < a ? b : a), values[0] ?? none);
const most = (values: readonly number[], none: number): number => values.reduce((a, b) => (b > a ? b : a), values[0] ?? none);

/** Room left of an area for the words of its vertical scale. */
export const margin = ({ ticks: marks, unit }: Ruler): number =>
  marks.reduce((room, v) => Math.max(room, tickText(v, unit).length * LETTER + 12), 36);

/** Width of a letter on average, in CSS pixels. */
const LETTER = 6.2;

/** Grid and words of a horizontal scale below the area. */
export const xAxis = ({ left, right, top, bottom }: Area, { at, ticks: marks, unit }: Ruler, label: string): SVGElement =>
  s(
    "g",
    { class: "axis" },
    ...marks.map((v) => s("line", { x1: at(v), x2: at(v), y1: top, y2: bottom })),
    ...marks.map((v) => s("text", { x: at(v), y: bottom + 15, "text-anchor": anchor(at(v), left, right) }, tickText(v, unit))),
    s("text", { class: "axis-name", x: right, y: bottom + 32, "text-anchor": "end" }, label),
  );

/** Grid and words of a vertical scale left of the area. */
export const yAxis = ({ left, right, top }: Area, { at, ticks: marks, unit }: Ruler, label: string): SVGElement =>
  s(
    "g",
    { class: "axis" },
    ...marks.map((v) => s("line", { x1: left, x2: right, y1: at(v), y2: at(v) })),
    ...marks.map((v) => s("text", { x: left - 8, y: at(v) + 4, "text-anchor": "end" }, tickText(v, unit))),
    s("text", { class: "axis-name", x: 0, y: top - 10 }, label),
  );

/** A label near the end of a scale grows inwards. */
const anchor = (x: number, left: number, right: number): string =>
  x > right - 18 ? "end" : x < left + 4 && left < 20 ? "start" : "middle";

/** About as many letters as fit; the end of a name tells it from others. */
export function fitted(name: string, room: number): string {
  const letters = Math.floor(room / LETTER);
  const all = [...name];
  if (all.length <= letters) return name;
  return letters < 3 ? "" : `…${all.slice(1 - letters).join("")}`;
}
