import type { Bars, Chart, Heat, Histogram } from "./chart.js";
import type { Seen } from "./crossbar.js";
import { ladder, WAYS } from "./crossbar-words.js";

export const crossbarCharts = (seen: Seen): readonly Chart[] => [
  ways(seen),
  layers(seen),
  occupancy(seen, "fire"),
  occupancy(seen, "program"),
  wear(seen),
];

const ways = (seen: Seen): Bars => ({
  kind: "bars",
  title: "What each idea gains",
  note: "Latency of the network run in plainer ways, each with one idea more than the one before; all replayed on cells.",
  unit: "s",
  series: ["latency"],
  groups: ladder(seen).map(({ name, latency }) => ({ label: WAYS[name], values: [latency] })),
});

const layers = ({ problem, run }: Seen): Bars => ({
  kind: "bars",
  title: "Writing against firing",
  note: "Per inference, the seconds of a layer's crossbars added up.",
  unit: "s",
  series: ["writing", "firing"],
  groups: run.layers.map(({ programming, computing }, l) => ({ label: problem.layers[l]!.name, values: [programming, computing] })),
});

/** Columns of the picture of time, and most of its rows. */
const COLUMNS = 120;
const MOST_ROWS = 64;

/** How busy crossbars are over the table, neighbours together where there are many. */
function occupancy({ plan }: Seen, what: "fire" | "program"): Heat {
  const { sequences } = plan;
  const length = sequences.reduce((latest, loads) => Math.max(latest, loads.at(-1)?.fire.end ?? 0), 0);
  const together = Math.ceil(sequences.length / MOST_ROWS);
  const rows = Math.ceil(sequences.length / together);
  const values = new Array<number>(rows * COLUMNS).fill(0);
  const width = length / COLUMNS;
  sequences.forEach((loads, x) => {
    const row = Math.floor(x / together);
    const beside = Math.min(together, sequences.length - row * together);
    for (const load of loads) {
      const { start, end } = load[what];
      for (let c = Math.floor(start / width); c < COLUMNS && c * width < end; c++)
        values[row * COLUMNS + c]! += (Math.min(end, (c + 1) * width) - Math.max(start, c * width)) / width / beside;
    }
  });
  return {
    kind: "heat",
    title: what === "fire" ? "Crossbars that fire" : "Crossbars that are written",
    note: `Share of the time, over the ${plan.inferences === 1 ? "inference" : "two inferences"} of the table.`,
    unit: "share",
    label: what === "fire" ? "fires" : "is written",
    rows: { label: together === 1 ? "crossbar" : `crossbars, ${together} together`, count: rows },
    columns: { label: "time", count: COLUMNS },
    values: values.map((v) => Math.min(1, Math.round(v * 1e4) / 1e4)),
  };
}

const wear = ({ run }: Seen): Histogram => ({
  kind: "histogram",
  title: "Wear",
  note: "Cells by how often they are written per inference. The last that has any decides how long the chip lasts.",
  x: { label: "writes per inference", unit: "", spacing: "linear" },
  counted: "cells",
  bins: run.wear.map(({ from, to, cells }) => ({ start: from, end: to, count: cells })),
});
