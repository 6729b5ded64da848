import type { Roofline, Scale, Scatter } from "../chart.js";
import { printable } from "../format.js";
import { quantityText } from "../quantity.js";
import { type Area, fitted, margin, painted, type Ruler, ruler, s, type Tip, xAxis, yAxis } from "./drawing.js";
import { seriesColour } from "./palette.js";

const HEIGHT = 340;
const TOP = 26;
const BOTTOM = HEIGHT - 40;
const areaOf = (width: number, up: Ruler): Area => ({ left: margin(up), right: width - 12, top: TOP, bottom: BOTTOM });

/** So many points are all named. */
const FEW = 6;

/** Half the width of a mark. */
const MARK = 4;

/** The Pareto front joined by steps, for what no plan between two of its points is known to reach; the others pale. */
export function scatter({ x, y, points }: Scatter, width: number, tip: Tip): SVGElement {
  const up = ruler(
    y,
    points.map((p) => p.y),
    BOTTOM,
    TOP,
  );
  const area = areaOf(width, up);
  const across = ruler(
    x,
    points.map((p) => p.x),
    area.left,
    area.right,
  );
  const front = points.filter((p) => p.front).sort((a, b) => a.x - b.x || b.y - a.y);
  const steps = front.map((p, i) => (i === 0 ? `M${across.at(p.x)} ${up.at(p.y)}` : `H${across.at(p.x)}V${up.at(p.y)}`)).join("");
  // What matters is drawn last, above the rest.
  const order = points.toSorted((a, b) => rank(a) - rank(b));
  return s(
    "svg",
    { width, height: HEIGHT },
    xAxis(area, across, x.label),
    yAxis(area, up, y.label),
    steps === "" ? null : s("path", { class: "front-line", d: steps }),
    ...order.map((point) => {
      const mark = s("circle", {
        class: point.knee ? "dot knee" : point.front ? "dot front" : "dot",
        cx: across.at(point.x),
        cy: up.at(point.y),
        r: point.knee ? MARK + 2 : MARK,
      });
      return tip(mark, printable(point.label), [
        [x.label, quantityText(point.x, x.unit)],
        [y.label, quantityText(point.y, y.unit)],
        ...(rank(point) === 0 ? [] : [["on the front", point.knee ? "a knee" : "yes"] as const]),
      ]);
    }),
    ...points
      .filter((p) => p.knee || points.length <= FEW)
      .map((point) => beside(area, across.at(point.x), up.at(point.y), printable(point.label))),
  );
}

const rank = ({ front, knee }: Scatter["points"][number]): number => (knee ? 2 : front ? 1 : 0);

const INTENSITY: Scale = { label: "MACs per byte over the first link", unit: "MAC/B", spacing: "log" };
const RATE: Scale = { label: "MACs per second", unit: "MAC/s", spacing: "log" };

/** Flat roofs are what the engine can do, sloped ones what a link can feed. Each series has its own mark and colour. */
export function roofline({ peaks, links, points }: Roofline, width: number, tip: Tip): SVGElement {
  const top = peaks.reduce((n, p) => Math.max(n, p.macsPerSecond), 0);
  const ridges = links.map((link) => top / link.bytesPerSecond);
  const up = ruler(RATE, [...points.map((p) => p.macsPerSecond), ...peaks.map((p) => p.macsPerSecond), top * 1.5], BOTTOM, TOP);
  const area = areaOf(width, up);
  const across = ruler(INTENSITY, [...points.map((p) => p.macsPerByte), ...ridges], area.left, area.right);
  const x0 = across.ticks[0] ?? 1;
  const x1 = across.ticks.at(-1) ?? 10;
  const steepest = links.reduce((n, l) => Math.max(n, l.bytesPerSecond), 0);
  const series = [...new Set(points.map((p) => p.series))];
  return s(
    "svg",
    { width, height: HEIGHT },
    xAxis(area, across, INTENSITY.label),
    yAxis(area, up, RATE.label),
    ...links.map(({ label, bytesPerSecond }) =>
      roof(
        across,
        up,
        `${label}, ${quantityText(bytesPerSecond, "B/s")}`,
        area,
        { x: x0, y: x0 * bytesPerSecond },
        {
          x: top / bytesPerSecond,
          y: top,
        },
      ),
    ),
    ...peaks.map(({ label, macsPerSecond }) =>
      roof(
        across,
        up,
        `${label}, ${quantityText(macsPerSecond, "MAC/s")}`,
        area,
        { x: steepest > 0 ? macsPerSecond / steepest : x0, y: macsPerSecond },
        { x: x1, y: macsPerSecond },
      ),
    ),
    ...points.map((point) => {
      const i = series.indexOf(point.series);
      const mark = painted(
        s("path", { class: "mark", d: shape(i, across.at(point.macsPerByte), up.at(point.macsPerSecond)) }),
        seriesColour(i),
      );
      return tip(mark, printable(point.label), [
        ["series", printable(point.series)],
        ["intensity", quantityText(point.macsPerByte, "MAC/B")],
        ["rate", quantityText(point.macsPerSecond, "MAC/s")],
      ]);
    }),
  );
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** A line cut to the area, its name along a flat one's end or a sloped one's middle. */
function roof(across: Ruler, up: Ruler, name: string, area: Area, from: Place, to: Place): SVGElement {
  // Below the area a slope would leave the picture: it begins where it enters.
  const floor = up.ticks[0] ?? 1;
  const start = from.y < floor && from.y > 0 ? { x: (from.x * floor) / from.y, y: floor } : from;
  const [x1, y1, x2, y2] = [across.at(start.x), up.at(start.y), across.at(to.x), up.at(to.y)];
  const flat = from.y === to.y;
  const words = flat
    ? s("text", { class: "roof-name", x: area.right, y: y1 - 6, "text-anchor": "end" }, printable(name))
    : s(
        "text",
        {
          class: "roof-name",
          x: (x1 + x2) / 2,
          y: (y1 + y2) / 2 - 6,
          "text-anchor": "middle",
          transform: `rotate(${(Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI} ${(x1 + x2) / 2} ${(y1 + y2) / 2})`,
        },
        fitted(printable(name), Math.hypot(x2 - x1, y2 - y1)),
      );
  return s("g", {}, s("line", { class: "roof", x1, y1, x2, y2 }), words);
}

/** Series differ by shape as well as by colour: disc, square, diamond, triangle. */
function shape(series: number, x: number, y: number): string {
  const r = MARK + 0.5;
  switch (series % 4) {
    case 0:
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    case 1:
      return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`;
    case 2:
      return `M${x} ${y - r - 1}L${x + r + 1} ${y}L${x} ${y + r + 1}L${x - r - 1} ${y}Z`;
    default:
      return `M${x} ${y - r - 1}L${x + r + 1} ${y + r}H${x - r - 1}Z`;
  }
}

/** A name right of a point, or left of it where there is more room. */
function beside(area: Area, x: number, y: number, name: string): SVGElement {
  const right = area.right - x > x - area.left;
  const room = (right ? area.right - x : x - area.left) - 12;
  return s(
    "text",
    { class: "knee-name", x: right ? x + 10 : x - 10, y: y - 6, "text-anchor": right ? "start" : "end" },
    fitted(name, room),
  );
}
