import { fail } from "../../base/diagnostic.js";
import type { Conflict } from "../../base/outcome.js";
import { sum } from "../../cost/fpga/resources.js";
import type { Selected, Selection } from "../../search/selection/problem.js";
import { enginesOf } from "./choices.js";
import type { PipelineProblem } from "./plan.js";
import { leastOf, RESOURCES } from "./selection.js";

/**
 * Why no choice of engines fits the device. Only what is proven is said: what every choice takes of a resource at least,
 * counted by itself, and by how much the resources together are too small where multipliers prove it.
 */
export function conflictOf(
  problem: PipelineProblem,
  { rows, budgets, nodes }: Selection,
  found: Extract<Selected, { status: "infeasible" }>,
): Conflict {
  const { layers, device, streaming } = problem;
  const engines = layers.map((_, l) => enginesOf(problem, l, Number.POSITIVE_INFINITY));
  const without = engines.findIndex((all) => all.length === 0);
  if (without >= 0)
    return { ...fail("PIP-41", layers[without]!.name, "no engine for this layer fits the device, even alone", FIX), figures: {} };

  const least = sum(engines.map(leastOf));
  const alone = RESOURCES.filter((key) => least[key] > device.resources[key]).map((key) =>
    shortage(key, least[key], device.resources[key]),
  );
  const fix = streaming === "never" ? `allow streaming (--set streaming=allowed), or ${FIX}` : FIX;
  if (alone.length > 0)
    return { ...fail("PIP-40", "the device", `engines alone take at least ${told(alone)}`, fix), figures: figuresOf(alone) };

  const cheapest = (r: number) =>
    nodes.reduce((total, { options }) => total + options.reduce((n, { costs }) => Math.min(n, costs[r]!), Number.POSITIVE_INFINITY), 0);
  const short = found.rows.map((r) => shortage(rows[r]!, cheapest(r), budgets[r]!));
  const over = short.filter(({ needed, available }) => needed > available);
  if (over.length > 0)
    return { ...fail("PIP-40", "the device", `engines with their weights take at least ${told(over)}`, fix), figures: figuresOf(over) };
  if (short.length === 0)
    return {
      ...fail("PIP-40", "streams", "the lanes of some neighbours differ in every choice, and nothing joins them", fix),
      figures: {},
    };
  // The link carries any load in time, so it proves nothing here.
  const proof = found.certificate;
  const factor = proof?.multipliers.at(-1) === 0 && proof.value < Number.MAX_VALUE ? proof.value : 1;
  const more = factor > WORTH_TELLING ? `; the device is too small by a factor of at least ${factor.toFixed(3)}` : "";
  const names = short.map(({ name }) => wordsOf(name)).join(", ");
  const message = `no choice of engines keeps within ${names} together (each by itself: ${told(short)})${more}`;
  return { ...fail("PIP-40", "the device", message, fix), figures: figuresOf(short) };
}

interface Shortage {
  readonly name: string;
  readonly needed: number;
  readonly available: number;
}

const shortage = (name: string, needed: number, available: number): Shortage => ({ name, needed: Math.ceil(needed), available });

const told = (all: readonly Shortage[]): string =>
  all.map(({ name, needed, available }) => `${needed} ${wordsOf(name)} of ${available}`).join(", ");

const figuresOf = (all: readonly Shortage[]): Conflict["figures"] =>
  Object.fromEntries(
    all.flatMap(({ name, needed, available }) => [
      [`needed${keyOf(name)}`, needed],
      [`available${keyOf(name)}`, available],
    ]),
  );

/** Smaller factors look like none. */
const WORTH_TELLING = 1.001;

/** `lut and bram18` in the name of a figure: `LutAndBram18`. */
const keyOf = (row: string): string => row.replaceAll(/(?:^| )(.)/g, (_, first: string) => first.toUpperCase());

/** Rows of the selection, for people. */
const WORDS: Readonly<Record<string, string>> = {
  lut: "LUTs",
  ff: "flip-flops",
  dsp: "DSPs",
  bram18: "block RAMs of 18 Kbit",
  uram: "URAMs",
  "lut and bram18": "LUTs with those that stand in for block RAMs",
};
const wordsOf = (row: string): string => WORDS[row] ?? row;

const FIX =
  "take a larger device, narrower weights (--set precision.weight=4), or more partitions (--set partitions=2 --set reconfiguration=80ms)";
