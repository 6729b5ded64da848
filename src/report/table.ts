import type { Target } from "../target/target.js";
import type { Unit } from "./quantity.js";

/** A table of a family as data: the terminal shows its first rows, the page and the CSV all of them. */
export interface Table {
  /** The name `--table` asks for. */
  readonly key: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** Every row has every key; a column is all numbers or all words. */
  readonly rows: readonly Readonly<Record<string, string | number>>[];
}

export interface Column {
  /** Heads the column in CSV, so it carries the unit: `weightBytes`. */
  readonly key: string;
  readonly label: string;
  /** Of a column of numbers; without it they are counts. */
  readonly unit?: Unit;
  /** Left out in a terminal, which is narrow. */
  readonly detail?: true;
  /** The numbers are steps of the plan (-1: none), shown by their names. */
  readonly refers?: "step";
}

/** Whether the cells of a column are numbers to be compared, and so stand to the right. */
export const isNumeric = ({ rows }: Pick<Table, "rows">, { key, refers }: Column): boolean =>
  refers === undefined && rows.some((row) => typeof row[key] === "number");

/** The tables of every plan. */
export const PLAN_TABLES = ["ledger", "residency", "steps"] as const;

/** Keys of the tables that each family adds. */
const FAMILY_TABLES: { readonly [K in Target["kind"]]: readonly string[] } = {
  scratchpad: [],
  fusion: ["comparison", "energy-band", "bandwidth-band", "groups", "layers"],
  pipeline: ["comparison", "device", "stages", "weights", "partitions"],
  crossbar: ["ways", "baselines", "levels", "layers", "mappings", "link"],
};

/** All that `export --table` knows. A plan has those of its own family. */
export const CSV_TABLES: readonly string[] = [...PLAN_TABLES, ...new Set(Object.values(FAMILY_TABLES).flat())];
