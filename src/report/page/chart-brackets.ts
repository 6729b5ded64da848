import type { Brackets } from "../chart.js";
import { grouped, printable } from "../format.js";
import { exactText } from "../quantity.js";
import { type Area, fitted, margin, painted, ruler, s, type Tip, yAxis } from "./drawing.js";
import { type ColourName, seriesColour } from "./palette.js";

const HEIGHTS = 150;
const BAND = 22;

/** The operators from left to right, a bracket and a band under each group, and above each operator its height. */
export function brackets({ operators, groups, heights }: Brackets, width: number, tip: Tip): SVGElement {
  const top = heights === undefined ? 4 : 26;
  const bottom = heights === undefined ? 4 : top + HEIGHTS;
  const up =
    heights && ruler({ unit: heights.unit, spacing: "linear" }, [...heights.values, ...(heights.outline?.values ?? [])], bottom, top);
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
          const bar = (value: number) => {
            const y = up.at(value);
            return { x: x(i) + gap / 2, y, width: Math.max(0.5, slot - gap), height: Math.max(0, area.bottom - y) };
          };
          const { values, outline } = heights;
          return tip(
            s(
              "g",
              {},
              outline ? s("rect", { class: slot > 4 ? "outline" : "outline thin", ...bar(outline.values[i] ?? 0) }) : null,
              painted(s("rect", bar(values[i] ?? 0)), colours[i] ?? "compute"),
            ),
            `${i} ${printable(name)}`,
            [
              [heights.label, exactText(values[i] ?? 0, heights.unit)],
              ...(outline ? [[outline.label, exactText(outline.values[i] ?? 0, heights.unit)] as const] : []),
            ],
          );
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
            [name, lastWord(name)].find((words) => fitted(words, to - from) === words) ?? "",
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

/** `group 12` -> `12`, where there is little room. */
const lastWord = (name: string): string => name.slice(name.lastIndexOf(" ") + 1);

/** The colour of each operator is that of its group. */
function groupColours(count: number, groups: Brackets["groups"]): (ColourName | undefined)[] {
  const colours = new Array<ColourName | undefined>(count).fill(undefined);
  groups.forEach(({ start, end }, g) => {
    colours.fill(seriesColour(g), start, end);
  });
  return colours;
}
