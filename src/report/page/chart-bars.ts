import type { Bars } from "../chart.js";
import { printable } from "../format.js";
import { exactText, quantityText } from "../quantity.js";
import { type Area, fitted, painted, ruler, s, type Tip, xAxis } from "./drawing.js";
import { seriesColour } from "./palette.js";

/** A bar with the gap below it, in CSS pixels, and the height of a row that takes its name. */
const PITCH = 20;
const LEGIBLE = 12;
/** Many bars share the height of thirty: up to as many as can have their names, and beyond that down to two pixels each. */
const pitchOf = (count: number): number => {
  const shared = Math.floor((30 * PITCH) / Math.max(1, count));
  return count <= MOST_NAMED ? Math.max(LEGIBLE, Math.min(PITCH, shared)) : Math.max(2, shared);
};
const MOST_NAMED = 75;

/** Lying bars, so that the names of layers can be read. */
export function bars({ unit, series, groups, mark }: Bars, width: number, tip: Tip): SVGElement {
  const pitch = pitchOf(groups.length);
  const left = pitch < LEGIBLE ? 12 : Math.min(190, width * 0.32);
  const area: Area = { left, right: width - 12, top: mark ? 22 : 6, bottom: (mark ? 22 : 6) + groups.length * pitch };
  const totals = groups.map(({ values }) => values.reduce((sum, v) => sum + v, 0));
  const across = ruler({ unit, spacing: "linear" }, [...totals, mark?.value ?? 0], area.left, area.right);
  const height = area.bottom + 24;
  return s(
    "svg",
    { width, height },
    xAxis(area, across, ""),
    ...groups.map(({ label, values }, row) => {
      const top = area.top + row * pitch;
      let sum = 0;
      const pieces = values.map((value, i) => {
        const from = across.at(sum);
        sum += value;
        return painted(
          s("rect", { x: from, y: top, width: Math.max(0, across.at(sum) - from), height: pitch > 4 ? pitch - 3 : pitch }),
          seriesColour(i),
        );
      });
      const name = printable(label);
      return tip(
        s(
          "g",
          {},
          pitch < LEGIBLE
            ? null
            : s("text", { class: "row-name", x: left - 8, y: top + pitch / 2 + 3, "text-anchor": "end" }, fitted(name, left - 12)),
          ...pieces,
        ),
        name,
        [
          ...series.flatMap((title, i) => ((values[i] ?? 0) === 0 ? [] : [[printable(title), exactText(values[i] ?? 0, unit)] as const])),
          ["in all", quantityText(totals[row] ?? 0, unit)],
        ],
      );
    }),
    mark
      ? s(
          "g",
          {},
          s("line", { class: "budget", x1: across.at(mark.value), x2: across.at(mark.value), y1: area.top - 4, y2: area.bottom }),
          s(
            "text",
            {
              class: "knee-name",
              x: across.at(mark.value),
              y: area.top - 8,
              "text-anchor": across.at(mark.value) > width / 2 ? "end" : "start",
            },
            `${printable(mark.label)} ${quantityText(mark.value, unit)}`,
          ),
        )
      : null,
  );
}
