import type { Brackets } from "../chart.js";
import { grouped, printable } from "../format.js";
import { exactText } from "../quantity.js";
import { type Area, fitted, margin, painted, ruler, s, type Tip, yAxis } from "./drawing.js";
import { type ColourName, seriesColour } from "./palette.js";

const HEIGHTS = 110;
const BAND = 22;

/** The operators from left to right, a bracket and a band under each group, and above each operator its height. */
export function brackets({ operators, groups, heights }: Brackets, width: number, tip: Tip): SVGElement {
  const top = heights === undefined ? 4 : 26;
  const bottom = heights === undefined ? 4 : top + HEIGHTS;
  const up = heights && ruler({ unit: heights.unit, spacing: "linear" }, heights.values, bottom, top);
  const area: Area = { left: up === undefined ? 12 : margin(up), right: width - 12, top, bottom };
  const slot = (area.right - area.left) / Math.max(1, operators.length);
  const x = (operator: number): number => area.left + operator * slot;
  const colours = groupColours(operators.length, groups);
  const gap = slot > 3 ? 1 : 0;
  const below = area.bottom + 8;
  return s(
    "svg",
    { width, height: below + BAND + 34 },
    heights && up ? yAxis(area, up, heights.label) : null,
    ...(heights && up
      ? operators.map((name, i) => {
          const y = up.at(heights.values[i] ?? 0);
          const bar = s("rect", { x: x(i) + gap / 2, y, width: Math.max(0.5, slot - gap), height: Math.max(0, area.bottom - y) });
          return tip(painted(bar, colours[i] ?? "compute"), `${i} ${printable(name)}`, [
            [heights.label, exactText(heights.values[i] ?? 0, heights.unit)],
          ]);
        })
      : []),
    ...groups.map((group, g) => {
      const [from, to] = [x(group.start) + gap / 2, x(group.end) - gap / 2];
      const name = printable(group.label);
      return tip(
        s(
          "g",
          {},
          s("path", { class: "bracket", d: `M${from} ${below - 5}v5H${to}v-5` }),
          painted(s("rect", { class: "band", x: from, y: below + 4, width: Math.max(1, to - from), height: BAND, rx: 3 }), seriesColour(g)),
          s(
            "text",
            { class: "band-name", x: (from + to) / 2, y: below + BAND + 20, "text-anchor": "middle" },
            fitted(name, to - from) === name ? name : "",
          ),
        ),
        name,
        [
          ["operators", `${grouped(group.end - group.start)}, ${group.start} to ${group.end - 1}`],
          ["first", printable(operators[group.start] ?? "")],
          ["last", printable(operators[group.end - 1] ?? "")],
          ...(group.note === "" ? [] : [["note", printable(group.note)] as const]),
        ],
      );
    }),
  );
}

/** The colour of each operator is that of its group. */
function groupColours(count: number, groups: Brackets["groups"]): (ColourName | undefined)[] {
  const colours = new Array<ColourName | undefined>(count).fill(undefined);
  groups.forEach(({ start, end }, g) => {
    colours.fill(seriesColour(g), start, end);
  });
  return colours;
}
