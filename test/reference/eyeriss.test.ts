import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesPerCycle } from "../../src/base/units.js";
import { arrayCycles } from "../../src/cost/array/array.js";
import type { Group } from "../../src/planners/fusion/plan.js";
import { figuresOf } from "../../src/planners/fusion/solve.js";
import type { PeArray } from "../../src/target/fusion-target.js";
import { type Convolution, oneLayer, shapeOf } from "./one-layer.js";

/**
 * The Eyeriss chip as it was measured: Chen, Krishna, Emer, Sze, IEEE JSSC 52(1), 2017, table V; mapping from table III. No
 * constant is fitted: array, registers, buses, clock and mapping are the paper's.
 */
const FOLDER = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "eyeriss");
if (!existsSync(FOLDER)) console.warn(`skipped: no measurements in ${FOLDER} (set STOWAGE_REFERENCE)`);

const CLOCK = 200e6;
const array: PeArray = { template: "row-stationary", rows: 12, columns: 14, bufferRate: bytesPerCycle(26) };

/** Table III: `rows` of the result at once (e), `filters` whose sums stay on chip (m), `images` that share weights (n). */
interface Mapped extends Convolution {
  readonly rows: number;
  readonly filters: number;
  readonly images: number;
}
const NETWORKS: Readonly<Record<string, { readonly batch: number; readonly layers: Readonly<Record<string, Mapped>> }>> = {
  alexnet: {
    batch: 4,
    layers: {
      CONV1: { H: 227, C: 3, K: 96, F: 11, S: 4, P: 0, G: 1, Ho: 55, rows: 7, filters: 96, images: 1 },
      CONV2: { H: 27, C: 96, K: 256, F: 5, S: 1, P: 2, G: 2, Ho: 27, rows: 27, filters: 64, images: 1 },
      CONV3: { H: 13, C: 256, K: 384, F: 3, S: 1, P: 1, G: 1, Ho: 13, rows: 13, filters: 64, images: 4 },
      CONV4: { H: 13, C: 384, K: 384, F: 3, S: 1, P: 1, G: 2, Ho: 13, rows: 13, filters: 64, images: 4 },
      CONV5: { H: 13, C: 384, K: 256, F: 3, S: 1, P: 1, G: 2, Ho: 13, rows: 13, filters: 64, images: 4 },
    },
  },
};

interface Measured {
  readonly name: string;
  readonly processing: number;
  readonly zeros: number;
  readonly dram: number;
}

const cases = (existsSync(FOLDER) ? readdirSync(FOLDER) : []).flatMap((file) => {
  const name = /^eyeriss-(.*)\.csv$/.exec(file)?.[1] ?? "";
  const network = NETWORKS[name];
  return network === undefined ? [] : [{ name, network, measured: readMeasured(readFileSync(join(FOLDER, file), "utf8")) }];
});

function readMeasured(text: string): readonly Measured[] {
  const [head, ...rows] = text
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(",").map((cell) => cell.trim()));
  const column = (start: string) => head!.findIndex((cell) => cell.startsWith(start));
  const [processing, zeros, dram] = ["Processing", "Zeros", "DRAM"].map(column) as [number, number, number];
  return rows.map((row) => ({
    name: row[0]!,
    processing: Number(row[processing]),
    zeros: Number.parseFloat(row[zeros]!) / 100,
    dram: Number(row[dram]),
  }));
}

describe.skipIf(cases.length === 0).each(cases)("$name on Eyeriss", ({ network, measured }) => {
  const found = measured.flatMap((row, i) => {
    const layer = network.layers[row.name];
    return layer === undefined ? [] : [{ ...row, layer, first: i === 0, after: measured[i + 1] }];
  });
  const within = (ours: number, theirs: number, share: number) => expect(Math.abs(ours / theirs - 1)).toBeLessThanOrEqual(share);

  test.each(found)("$name: processing time within 10 %", ({ layer, processing }) => {
    // Images that share weights follow each other in the same pass, as longer rows.
    const cycles = arrayCycles(array, shapeOf(layer), layer.Ho, layer.Ho * layer.images);
    within(((network.batch / layer.images) * cycles) / CLOCK, processing / 1e3, 0.1);
  });

  /**
   * Three runs of zeros (5 bits) with the values behind them (16 bits) take one word of 64 bits, so a share z of zeros leaves
   * (1 - z) · 64 / 48 of the size. The network's input is stored plainly, weights too. A result counts with the zeros of the
   * map that the next layer reads, which are no more than its own where a pooling lies between; the last one with its input's.
   */
  const left = (zeros: number) => ((1 - zeros) * 64) / 48;
  function offChip({ layer, zeros, first, after }: (typeof found)[number]): number {
    const next = after === undefined || network.layers[after.name] === undefined ? zeros : after.zeros;
    const bits = { input: first ? 16 : 16 * left(zeros), output: 16 * left(next) };
    const whole = layer.rows === layer.Ho;
    const group: Group = {
      layers: [0],
      tile: { rows: layer.rows, columns: layer.Ho },
      overlap: "recompute",
      traversal: whole ? { kind: "outputBlocks", channels: layer.filters } : { kind: "tiles", weights: "resident" },
    };
    const maps = figuresOf(oneLayer(layer, bits, 0), [group]).traffic;
    // Weights stay in the elements for one strip of rows and the images that share them.
    const weights = 2 * layer.K * (layer.C / layer.G) * layer.F ** 2 * Math.ceil(layer.Ho / layer.rows);
    return network.batch * (maps + weights / layer.images);
  }

  test.each(found)("$name: bytes off chip within 15 % after compression", (row) => within(offChip(row), row.dram * 1e6, 0.15));

  test("bytes off chip in all within 2 %", () => {
    const sum = (of: (row: (typeof found)[number]) => number) => found.reduce((n, row) => n + of(row), 0);
    within(
      sum(offChip),
      sum(({ dram }) => dram * 1e6),
      0.02,
    );
  });
});
