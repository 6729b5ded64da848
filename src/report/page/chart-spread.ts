import type { Heat, Histogram } from "../chart.js";
import { grouped, printable } from "../format.js";
import { exactText, quantityText } from "../quantity.js";
import { type Area, fitted, margin, painted, ruler, s, type Tip, xAxis, yAxis } from "./drawing.js";

export function histogram({ x, counted, bins }: Histogram, width: number, tip: Tip): SVGElement {
  const height = 260;
  const [top, bottom] = [26, height - 40];
  const up = ruler(
    { unit: "", spacing: "linear" },
    bins.map(({ count }) => count),
    bottom,
    top,
  );
  const area: Area = { left: margin(up), right: width - 12, top, bottom };
  const across = ruler(
    x,
    bins.flatMap(({ start, end }) => [start, end]),
    area.left,
    area.right,
  );
  return s(
    "svg",
    { width, height },
    xAxis(area, across, x.label),
    yAxis(area, up, counted),
    ...bins.map(({ start, end, count }) => {
      const [from, to, y] = [across.at(start), across.at(end), up.at(count)];
      const bar = painted(s("rect", { x: from, y, width: Math.max(1, to - from - 1), height: Math.max(0, area.bottom - y) }), "activation");
      return tip(bar, `${quantityText(start, x.unit)} to ${quantityText(end, x.unit)}`, [[counted, grouped(count)]]);
    }),
  );
}

/** Height of a row that takes its name. */
const LEGIBLE = 14;

/** The darker the more. Row 0 is on top. */
export function heat({ unit, label, rows, columns, values }: Heat, width: number, tip: Tip): SVGElement {
  const { names } = rows;
  const area = { left: names ? Math.min(190, width * 0.32) : 24, right: width - 12, top: 22 };
  const cellWidth = (area.right - area.left) / Math.max(1, columns.count);
  const room = 360 / Math.max(1, rows.count);
  const cellHeight = names ? Math.max(LEGIBLE, Math.min(22, room)) : Math.max(2, Math.min(18, cellWidth, room));
  const bottom = area.top + rows.count * cellHeight;
  const top = values.reduce((a, b) => Math.max(a, b), 0);
  const tint = (value: number): number => (top === 0 ? 0 : 0.05 + (0.95 * value) / top);
  const legend = Array.from({ length: 5 }, (_, i) => (top * i) / 4);
  return s(
    "svg",
    { width, height: bottom + 48 },
    s("text", { class: "axis-name", x: area.left, y: area.top - 8 }, `${columns.label} →`),
    ...(names?.map((name, row) =>
      s(
        "text",
        { class: "row-name", x: area.left - 8, y: area.top + (row + 0.5) * cellHeight + 4, "text-anchor": "end" },
        fitted(printable(name), area.left - 12),
      ),
    ) ?? [s("text", { class: "axis-name", x: 0, y: 0, transform: `translate(14 ${area.top}) rotate(90)` }, `${rows.label} →`)]),
    s("rect", { class: "heat-ground", x: area.left, y: area.top, width: area.right - area.left, height: bottom - area.top }),
    ...values.map((value, i) => {
      const [row, column] = [Math.floor(i / columns.count), i % columns.count];
      const cell = s("rect", {
        x: area.left + column * cellWidth,
        y: area.top + row * cellHeight,
        width: cellWidth,
        height: cellHeight,
        "fill-opacity": tint(value),
      });
      return tip(painted(cell, "spill"), `${names ? printable(names[row] ?? "") : `${rows.label} ${row}`}, ${columns.label} ${column}`, [
        [label, exactText(value, unit)],
      ]);
    }),
    ...legend.map((value, i) =>
      s(
        "g",
        { transform: `translate(${area.left + (i * (area.right - area.left)) / 5} ${bottom + 10})` },
        painted(s("rect", { width: 12, height: 12, rx: 2.5, "fill-opacity": tint(value) }), "spill"),
        s("text", { class: "row-name", x: 18, y: 10 }, quantityText(value, unit)),
      ),
    ),
    s("text", { class: "axis-name", x: area.right, y: bottom + 42, "text-anchor": "end" }, label),
  );
}
