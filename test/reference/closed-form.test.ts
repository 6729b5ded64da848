import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { arrayCycles, countWords } from "../../src/cost/array/array.js";
import { compulsory } from "../../src/planners/fusion/bounds.js";
import { makePricing } from "../../src/planners/fusion/pricing.js";
import type { PeArray } from "../../src/target/fusion-target.js";
import { type Convolution, oneLayer, shapeOf } from "./one-layer.js";

const FOLDER = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "closed-form");
if (!existsSync(FOLDER)) console.warn(`skipped: no closed forms in ${FOLDER} (set STOWAGE_REFERENCE)`);

interface Layer extends Convolution {
  readonly name: string;
  readonly weights: number;
  readonly macs: number;
  readonly ifmap: number;
  readonly ofmap: number;
  readonly scalesim_os32?: number;
  readonly scalesim_ws256?: number;
  readonly vwa_cycles?: number;
}
interface Network {
  readonly layers: readonly Layer[];
  readonly total: { readonly macs: number; readonly lbl_words: number };
}

const networks = (existsSync(FOLDER) ? readdirSync(FOLDER) : [])
  .filter((file) => file.endsWith(".json"))
  .flatMap((file) => Object.entries(JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Record<string, Partial<Network>>))
  .filter((entry): entry is [string, Network] => entry[1].layers !== undefined);
const layers = networks.flatMap(([network, { layers }]) => layers.map((layer) => [`${network} ${layer.name}`, layer] as const));

const systolic = (size: number, dataflow: "output-stationary" | "weight-stationary"): PeArray => ({
  template: "systolic",
  rows: size,
  columns: size,
  dataflow,
});
const vwa = { template: "vwa", blocks: 8, rows: 7, columns: 3 } as const satisfies PeArray;

describe.skipIf(layers.length === 0)("layers with closed forms", () => {
  test.each(layers)("%s: multiply-accumulates, and bytes that have to move", (_, layer) => {
    const { H, C, F, S, P, Ho, weights, macs, ifmap, ofmap } = layer;
    // The closed form counts the whole input; a 1x1 kernel in steps of 2 needs every other row and column.
    const seen = F < S ? Ho * F : Math.min(H, (Ho - 1) * S + F - P);
    expect(ifmap).toBe(C * H * H);
    expect(compulsory(makePricing(oneLayer(layer, { input: 8, output: 8 }, weights)))).toMatchObject({
      traffic: C * seen * seen + weights + ofmap,
      macs,
    });
  });

  test.each(layers.filter(([, { scalesim_os32 }]) => scalesim_os32 !== undefined))("%s: systolic arrays", (_, layer) => {
    // SCALE-Sim prints the last cycle counted from 0.
    expect(arrayCycles(systolic(32, "output-stationary"), shapeOf(layer), layer.Ho, layer.Ho) - 1).toBe(layer.scalesim_os32);
    if (layer.scalesim_ws256 !== undefined)
      expect(arrayCycles(systolic(256, "weight-stationary"), shapeOf(layer), layer.Ho, layer.Ho) - 1).toBe(layer.scalesim_ws256);
  });

  test.each(layers.filter(([, { vwa_cycles }]) => vwa_cycles !== undefined))("%s: VWA", (_, layer) => {
    // The closed form leaves out the two kernel columns that lie on padding: 3·W - 2 of 3·W.
    const cycles = arrayCycles(vwa, shapeOf(layer), layer.Ho, layer.Ho);
    expect((cycles * (3 * layer.Ho - 2)) / (3 * layer.Ho)).toBe(layer.vwa_cycles);
  });

  test.each(networks)("%s in all", (_, { layers, total }) => {
    const sum = (of: (layer: Layer) => number) => layers.reduce((n, layer) => n + of(layer), 0);
    expect(sum(({ macs }) => macs)).toBe(total.macs);
    expect(sum(({ ifmap, weights, ofmap }) => ifmap + weights + ofmap)).toBe(total.lbl_words);
  });
});

/** SCALE-Sim's own golden trace (test/golden_trace of SCALE-Sim v2): AlexNet's first layer, weights resting in 32 x 32 elements. */
describe("SCALE-Sim's golden trace", () => {
  const layer = shapeOf({ H: 224, C: 3, K: 96, F: 11, S: 4, P: 0, G: 1, Ho: 55 });
  const array = systolic(32, "weight-stationary");

  test("112,283 is its last cycle", () => expect(arrayCycles(array, layer, 55, 55) - 1).toBe(112_283));

  test("34,848 weights read and 3,484,831 results and partial sums written", () => {
    const words = { inputs: 0, weights: 0, sums: 0, outputs: 0 };
    countWords(array, layer, 55, 55, words);
    expect(words.weights).toBe(34_848);
    // The trace counts the 31 cycles in which the last row drains as well.
    expect(words.sums / 2 + words.outputs).toBe(3_484_831 - 31);
  });
});

/** Chang and Chang, VWA, IEEE TCAS-I 67(1), 2020, abstract: 99, 97, 93.7 and 94 % of the elements at work. */
describe("utilisation of VWA", () => {
  /** C, K, groups, kernel, stride, rows of the result. */
  type Row = readonly [number, number, number, number, number, number];

  test.each([
    ["VGG-16", vgg16(), 99],
    ["ResNet-34", resNet34(), 97],
    ["GoogLeNet", googLeNet(), 93.7],
    ["MobileNet", mobileNet(), 94],
  ])("%s within 1.5 points", (_, rows, published) => {
    const work = rows.reduce((n, row) => n + usefulMacs(row), 0);
    const cycles = rows.reduce((n, row) => n + cyclesOf(row), 0);
    expect(Math.abs((100 * work) / (168 * cycles) - published)).toBeLessThanOrEqual(1.5);
  });

  /** As the paper counts: kernel columns of a 3x3 kernel that lie on padding take no cycle, and no padding counts as work. */
  function cyclesOf([C, K, G, F, S, Ho]: Row): number {
    const cycles = arrayCycles(vwa, shapeOf({ H: Ho * S, C, K, G, F, S, P: 0, Ho }), Ho, Ho);
    return F === 3 ? (cycles * inside(Ho, F, S)) / (F * Ho) : cycles;
  }
  function usefulMacs([C, K, G, F, S, Ho]: Row): number {
    return ((K * C) / G) * inside(Ho, F, S) ** 2;
  }
  /** Pairs of a result and a kernel element along one axis that meet on the map. */
  function inside(Ho: number, F: number, S: number): number {
    let pairs = 0;
    for (let o = 0; o < Ho; o++)
      for (let f = 0; f < F; f++) {
        const at = o * S + f - (F - 1) / 2;
        if (at >= 0 && at < Ho * S) pairs++;
      }
    return pairs;
  }

  function vgg16(): readonly Row[] {
    const blocks = [
      [3, 64, 224],
      [64, 64, 224],
      [64, 128, 112],
      [128, 128, 112],
      [128, 256, 56],
      [256, 256, 56],
      [256, 256, 56],
      [256, 512, 28],
      [512, 512, 28],
      [512, 512, 28],
      [512, 512, 14],
      [512, 512, 14],
      [512, 512, 14],
    ] as const;
    return blocks.map(([C, K, size]) => [C, K, 1, 3, 1, size]);
  }

  function resNet34(): readonly Row[] {
    const stages = [
      [64, 64, 56, 3],
      [64, 128, 28, 4],
      [128, 256, 14, 6],
      [256, 512, 7, 3],
    ] as const;
    return [
      [3, 64, 1, 7, 2, 112],
      ...stages.flatMap(([C, K, size, count]): Row[] => [
        ...(C === K ? [] : ([[C, K, 1, 1, 2, size]] as Row[])),
        [C, K, 1, 3, C === K ? 1 : 2, size],
        ...Array.from({ length: 2 * count - 1 }, (): Row => [K, K, 1, 3, 1, size]),
      ]),
    ];
  }

  function googLeNet(): readonly Row[] {
    /** Rows, channels in, 1x1, before 3x3, 3x3, before 5x5, 5x5, behind the pooling. */
    const modules = [
      [28, 192, 64, 96, 128, 16, 32, 32],
      [28, 256, 128, 128, 192, 32, 96, 64],
      [14, 480, 192, 96, 208, 16, 48, 64],
      [14, 512, 160, 112, 224, 24, 64, 64],
      [14, 512, 128, 128, 256, 24, 64, 64],
      [14, 512, 112, 144, 288, 32, 64, 64],
      [14, 528, 256, 160, 320, 32, 128, 128],
      [7, 832, 256, 160, 320, 32, 128, 128],
      [7, 832, 384, 192, 384, 48, 128, 128],
    ] as const;
    return [
      [3, 64, 1, 7, 2, 112],
      [64, 64, 1, 1, 1, 56],
      [64, 192, 1, 3, 1, 56],
      ...modules.flatMap(([size, C, one, before3, three, before5, five, pooled]): Row[] => [
        [C, one, 1, 1, 1, size],
        [C, before3, 1, 1, 1, size],
        [before3, three, 1, 3, 1, size],
        [C, before5, 1, 1, 1, size],
        [before5, five, 1, 5, 1, size],
        [C, pooled, 1, 1, 1, size],
      ]),
    ];
  }

  function mobileNet(): readonly Row[] {
    const pairs = [
      [32, 64, 1, 112],
      [64, 128, 2, 56],
      [128, 128, 1, 56],
      [128, 256, 2, 28],
      [256, 256, 1, 28],
      [256, 512, 2, 14],
      ...Array.from({ length: 5 }, () => [512, 512, 1, 14] as const),
      [512, 1024, 2, 7],
      [1024, 1024, 1, 7],
    ] as const;
    return [
      [3, 32, 1, 3, 2, 112],
      ...pairs.flatMap(([C, K, S, size]): Row[] => [
        [C, C, C, 3, S, size],
        [C, K, 1, 1, 1, size],
      ]),
    ];
  }
});
