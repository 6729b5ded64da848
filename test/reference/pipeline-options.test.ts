import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verifyBound } from "../../src/planners/pipeline/verify-bound.js";
import type { Budget } from "../../src/search/budget.js";
import type { Selection } from "../../src/search/selection/problem.js";
import { select } from "../../src/search/selection/select.js";

// Option tables of whole networks under the cost model of AutoWS (arXiv 2311.04764); `about` in each file states the problem.
const folder = `${process.env.STOWAGE_REFERENCE ?? "../shared/reference"}/pipeline-options`;
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
if (files.length === 0) console.warn(`skipped: no option tables in ${folder}`);

interface OptionTable {
  readonly bitsPerCycle: number;
  readonly ioBitsPerFrame: number;
  /** By the names of columns. */
  readonly budgets: Readonly<Record<string, number>>;
  readonly lutPerBram18: number;
  readonly best: { readonly interval: number; readonly provenBound: number };
  readonly layers: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    readonly options: readonly (readonly number[])[];
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly converter: Readonly<Record<string, readonly number[]>>;
  }[];
}

type Costs = Readonly<Record<string, number>>;

/** What the numbers of a converter are. */
const CONVERTER = ["lut", "ff", "bram18"];
/** Published times are rounded to two decimals. */
const PRINTED = 1e-7;
const budget: Budget = { seed: 1, nodes: 3_000_000, stop: () => false, progress: () => {} };

describe.skipIf(files.length === 0)("option tables of whole networks", () => {
  it.each(files)("%s: the best interval known, proven", (file) => {
    const table: OptionTable = JSON.parse(readFileSync(`${folder}/${file}`, "utf8"));
    const selection = selectionOf(table);
    const found = select(selection, budget);
    if (found.status !== "optimal") throw new Error(`${found.status}: ${JSON.stringify(found)}`);

    expect(intervalOf(table, found.choice)).toBeCloseTo(found.time, 3);
    expect(found.time).toBeLessThanOrEqual(table.best.interval * (1 + PRINTED));
    expect(found.time).toBeGreaterThanOrEqual(table.best.provenBound * (1 - PRINTED));
    expect(found.bound).toBe(found.time);

    expect(found.certificate!.cycles).toBeLessThanOrEqual(found.time);
    const check = verifyBound(selection, found.certificate!);
    expect(check.proven).toBe(true);
    expect(check.value).toBeCloseTo(found.certificate!.value, 9);
  });
});

const named = (columns: readonly string[], numbers: readonly number[]): Costs =>
  Object.fromEntries(columns.map((column, i) => [column, numbers[i]!]));

/** RAMs held in LUTs, of which there may be any number, leave two rows: LUTs, and LUTs with all RAMs counted in LUTs. */
function selectionOf({ layers, edges, budgets, lutPerBram18, bitsPerCycle, ioBitsPerFrame }: OptionTable): Selection {
  const names = Object.keys(budgets);
  const rows = (costs: Costs) =>
    names.map((row) => (row === "bram18" ? (costs.lut ?? 0) + lutPerBram18 * (costs.bram18 ?? 0) : (costs[row] ?? 0)));
  const index = new Map(layers.map(({ name }, i) => [name, i]));
  return {
    rows: names,
    budgets: rows(budgets),
    rate: bitsPerCycle,
    fixedLoad: ioBitsPerFrame,
    nodes: layers.map(({ columns, options }) => ({
      options: options.map((numbers) => {
        const o = named(columns, numbers);
        return { time: o.interval!, costs: rows(o), load: o.weightBitsPerFrame!, in: o.streamsIn!, out: o.streamsOut! };
      }),
    })),
    edges: edges.map(({ from, to, converter }) => ({
      from: index.get(from)!,
      to: index.get(to)!,
      converters: Object.entries(converter).map(([pair, numbers]) => {
        const [out, into] = pair.split(",").map(Number);
        return { out: out!, in: into!, costs: rows(named(CONVERTER, numbers)) };
      }),
    })),
  };
}

/** Cycles per frame of a choice, from the table as it stands; throws where it does not fit. */
function intervalOf(
  { layers, edges, budgets, lutPerBram18, bitsPerCycle, ioBitsPerFrame }: OptionTable,
  choice: readonly number[],
): number {
  const chosen = new Map(layers.map(({ name, columns, options }, i) => [name, named(columns, options[choice[i]!]!)]));
  const paid: Costs[] = [...chosen.values()];
  for (const { from, to, converter } of edges) {
    const [out, into] = [chosen.get(from)!.streamsOut, chosen.get(to)!.streamsIn];
    if (out === into) continue;
    const pair = converter[`${out},${into}`];
    if (pair === undefined) throw new Error(`${from} -> ${to}: no converter from ${out} to ${into} streams`);
    paid.push(named(CONVERTER, pair));
  }
  const total = (column: string) => paid.reduce((sum, costs) => sum + (costs[column] ?? 0), 0);
  const inLuts = Math.max(0, total("bram18") - budgets.bram18!);
  for (const row of Object.keys(budgets)) {
    const used = total(row) + (row === "lut" ? lutPerBram18 * inLuts : row === "bram18" ? -inLuts : 0);
    if (used > budgets[row]! * (1 + 1e-12)) throw new Error(`${used} ${row} of ${budgets[row]}`);
  }
  const slowest = Math.max(...[...chosen.values()].map(({ interval }) => interval!));
  return Math.max(slowest, (total("weightBitsPerFrame") + ioBitsPerFrame) / bitsPerCycle);
}
