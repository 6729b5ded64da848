import { bad, type Checked, fail, good } from "../base/diagnostic.js";
import { describe } from "../target/units.js";

/** As it stands in the file: numbers, or quantities in one unit. One of `step` and `factor`. */
export interface Range {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly step?: unknown;
  /** A plain number above 1. */
  readonly factor?: unknown;
}

const MOST_VALUES = 10_000;
/** Sums and products of decimals are rounded to this many digits, so that they print as they were meant. */
const DIGITS = 12;
/** Share of a step by which rounding may miss the end. */
const SLACK = 1e-9;

/**
 * Counts a range out, both ends included where the steps meet them.
 *
 * @param where its place, for messages.
 * @returns values as a target file has them; EXP-2.
 */
export function valuesOf(range: Range, where: string): Checked<readonly (string | number)[]> {
  const refuse = (message: string, fix = "write for instance { from: 64KiB, to: 512KiB, factor: 2 }") =>
    bad(fail("EXP-2", where, message, fix));
  const { from, to, step, factor } = range;
  if ((step === undefined) === (factor === undefined)) return refuse("a range has either a step or a factor");
  const start = amount(from);
  const end = amount(to);
  const by = amount(step ?? factor);
  if (start === undefined) return refuse(`from: ${describe(from)} is no number`);
  if (end === undefined) return refuse(`to: ${describe(to)} is no number`);
  if (by === undefined) return refuse(`${step === undefined ? "factor" : "step"}: ${describe(step ?? factor)} is no number`);
  if (start.unit !== end.unit || by.unit !== (step === undefined ? "" : start.unit))
    return refuse(
      `units ${[start, end, by].map(({ unit }) => unit || "none").join(", ")}`,
      "give from, to and step in one unit, and a factor in none",
    );
  if (start.value > end.value) return refuse(`from ${start.value} is more than to ${end.value}`, "give the smaller end first");
  if (step === undefined ? by.value <= 1 || start.value <= 0 : by.value <= 0)
    return refuse(`${step === undefined ? "factor" : "step"} ${by.value} from ${start.value} never reaches ${end.value}`);

  const steps = step === undefined ? Math.log(end.value / start.value) / Math.log(by.value) : (end.value - start.value) / by.value;
  const count = Math.floor(steps + SLACK) + 1;
  if (count > MOST_VALUES) return refuse(`${count} values, more than ${MOST_VALUES}`, "take larger steps");
  return good(
    Array.from({ length: count }, (_, i) => {
      const value = Number((step === undefined ? start.value * by.value ** i : start.value + i * by.value).toPrecision(DIGITS));
      return start.unit === "" ? value : `${value}${start.unit}`;
    }),
  );
}

interface Amount {
  readonly value: number;
  readonly unit: string;
}

function amount(text: unknown): Amount | undefined {
  if (typeof text === "number") return Number.isFinite(text) ? { value: text, unit: "" } : undefined;
  const [, number, unit = ""] = (typeof text === "string" && /^\s*(\d+\.?\d*|\.\d+)\s*([^\s\d.]\S*)?\s*$/.exec(text)) || [];
  return number === undefined ? undefined : { value: Number(number), unit };
}
