import { type Seen, shareAbove } from "./crossbar.js";
import { BASELINES, ladder, WAYS } from "./crossbar-words.js";
import { quantityText } from "./quantity.js";
import type { Column, Table } from "./table.js";

export const crossbarTables = (seen: Seen): readonly Table[] => [
  ways(seen),
  baselines(seen),
  levels(seen),
  layers(seen),
  mappings(seen),
  link(seen),
];

const plain = (key: string, label: string): Column => ({ key, label });
const time = (key: string, label: string): Column => ({ key, label, unit: "s" });
const share = (key: string, label: string): Column => ({ key, label, unit: "share" });
const byte = (key: string, label: string): Column => ({ key, label, unit: "B" });
const detail = (column: Column): Column => ({ ...column, detail: true });

/** From rewriting everything to the plan, one idea more in each row. */
function ways(seen: Seen): Table {
  const steps = ladder(seen);
  return {
    key: "ways",
    title: "What each idea gains",
    columns: [
      plain("way", ""),
      time("latencySeconds", "latency"),
      share("against", "of the way before"),
      time("programmingSeconds", "writing"),
      plain("cellWrites", "cell writes"),
      plain("maxCellWrites", "most of a cell"),
      detail(time("computeSeconds", "firing")),
      detail({ key: "energyPicojoules", label: "energy", unit: "pJ" }),
      detail(byte("fetchedBytes", "fetched")),
    ],
    rows: steps.map(({ name, latency, programming, computing, energy, cellWrites, maxCellWrites, fetched }, k) => ({
      way: WAYS[name],
      latencySeconds: latency,
      against: k === 0 || steps[k - 1]!.latency === 0 ? 1 : latency / steps[k - 1]!.latency,
      programmingSeconds: programming,
      cellWrites,
      maxCellWrites,
      computeSeconds: computing,
      energyPicojoules: energy,
      fetchedBytes: fetched,
    })),
  };
}

/** The plainest ways when they, too, write while others fire, and the plan. */
function baselines({ run }: Seen): Table {
  const { latency } = run.totals;
  const rows = [
    ...run.baselines.map(({ name, strips, ...baseline }) => ({ way: BASELINES[name], strips, ...baseline })),
    { way: "the plan", strips: "chosen", ...run.totals },
  ];
  return {
    key: "baselines",
    title: "Against plain ways that write meanwhile",
    columns: [
      plain("way", ""),
      plain("strips", "strips"),
      time("latencySeconds", "latency"),
      plain("times", "times the plan's"),
      time("programmingSeconds", "writing"),
      plain("cellWrites", "cell writes"),
      plain("maxCellWrites", "most of a cell"),
      detail(time("computeSeconds", "firing")),
      detail({ key: "energyPicojoules", label: "energy", unit: "pJ" }),
      detail(byte("fetchedBytes", "fetched")),
    ],
    rows: rows.map((row) => ({
      way: row.way,
      strips: row.strips,
      latencySeconds: row.latency,
      times: latency > 0 ? Number((row.latency / latency).toPrecision(4)) : 1,
      programmingSeconds: row.programming,
      cellWrites: row.cellWrites,
      maxCellWrites: row.maxCellWrites,
      computeSeconds: row.computing,
      energyPicojoules: row.energy,
      fetchedBytes: row.fetched,
    })),
  };
}

/** Value, bound and gap of each level of the search. */
const levels = ({ plan }: Seen): Table => ({
  key: "levels",
  title: "Search, level by level",
  columns: [
    plain("level", ""),
    plain("value", "value"),
    plain("bound", "none below"),
    share("gap", "gap"),
    plain("counted", "of"),
    detail(plain("scope", "among")),
  ],
  rows: plan.levels.map(({ name, unit, value, bound, scope }) => {
    const say = (n: number) => quantityText(n, unit === "seconds" ? "s" : "");
    return { level: name, value: say(value), bound: say(bound), gap: shareAbove(value, bound), counted: unit, scope };
  }),
});

const layers = ({ problem, run }: Seen): Table => ({
  key: "layers",
  title: "Writing against firing",
  columns: [
    { key: "layer", label: "layer", refers: "step" },
    plain("type", "type"),
    time("programmingSeconds", "writing"),
    time("computeSeconds", "firing"),
    time("spanSeconds", "from first fire to last"),
    plain("cellWrites", "cell writes"),
    byte("weightBytes", "weights fetched"),
    detail(byte("indexBytes", "tables fetched")),
    detail(byte("partialBytes", "partial sums")),
    detail({ key: "energyPicojoules", label: "energy", unit: "pJ" }),
  ],
  rows: run.layers.map((layer, l) => ({
    layer: l,
    type: problem.layers[l]!.type,
    programmingSeconds: layer.programming,
    computeSeconds: layer.computing,
    spanSeconds: layer.span,
    cellWrites: layer.writes,
    weightBytes: layer.fetched.weights,
    indexBytes: layer.fetched.index,
    partialBytes: layer.fetched.partial,
    energyPicojoules: layer.energy,
  })),
});

function mappings({ problem, plan, run }: Seen): Table {
  const crossbars = problem.layers.map(() => new Set<number>());
  plan.sequences.forEach((loads, x) => {
    for (const { layer } of loads) crossbars[layer]!.add(x);
  });
  return {
    key: "mappings",
    title: "Where weights lie",
    columns: [
      { key: "layer", label: "layer", refers: "step" },
      plain("encoding", "encoding"),
      plain("sharing", "outputs per order"),
      plain("rounds", "rounds"),
      plain("spread", "crossbars per strip"),
      plain("crossbars", "crossbars"),
      detail(plain("layout", "layout")),
      detail(plain("top", "first row")),
      plain("indexBits", "bits of tables"),
    ],
    rows: plan.mappings.map(({ encoding, layout, sharing, rounds, spread, top }, l) => ({
      layer: l,
      encoding,
      sharing,
      rounds,
      spread,
      crossbars: crossbars[l]!.size,
      layout,
      top: typeof top === "number" ? top : Math.min(...top),
      indexBits: run.layers[l]!.indexBits,
    })),
  };
}

/** Rates of the link at which the plan is looked at, as shares of its own. */
const RATES = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2];

/** What an inference needs at least by link, by writers and by firing alone: the longest is what limits. */
function link({ problem, run }: Seen): Table {
  const { offChipRate, programming, firing } = problem.machine;
  const { fetched, computing, programming: written } = run.totals;
  const writing = written / programming.writers;
  // Layers wait for one another, so that firing takes no less than the plan needs without any wait for cells.
  const fired = Math.max(computing / firing, run.totals.latency - run.waiting);
  return {
    key: "link",
    title: "Where the link limits",
    columns: [
      { key: "bytesPerSecond", label: "link", unit: "B/s" },
      time("fetchSeconds", "fetching takes"),
      time("programmingSeconds", "writing at least"),
      time("computeSeconds", "firing"),
      plain("limit", "limits"),
    ],
    rows: RATES.map((factor) => {
      const fetch = fetched / (offChipRate * factor);
      const limit = fetch > Math.max(writing, fired) ? "link" : writing > fired ? "writers" : "firing";
      return { bytesPerSecond: offChipRate * factor, fetchSeconds: fetch, programmingSeconds: writing, computeSeconds: fired, limit };
    }),
  };
}
