import { z } from "zod";
import type { Code } from "../base/diagnostic.js";
import type { BytesPerSecond, Hertz } from "../base/units.js";
import { type Measure, parseQuantity, quantityPattern } from "./units.js";
import type { Path } from "./yaml.js";

/**
 * All that the parser needs to know of one kind of accelerator. A new family is one file that
 * exports such a value, one line in `families.ts` and one member of `Target`.
 *
 * @typeParam Parsed what `schema` yields: quantities in base units, defaults filled in.
 */
export interface Family<Parsed, T> {
  readonly schema: z.ZodType<Parsed> & z.core.$ZodTypeDiscriminable;
  /** @param name of the file, used when the target has none of its own. */
  readonly build: (parsed: Parsed, name: string, sources: Readonly<Record<string, string>>) => T;
  /** What is odd but no error. */
  readonly remarks: (parsed: Parsed) => readonly Remark[];
  readonly facts: (target: T) => readonly Fact[];
}

/** A diagnostic before its place in the file is known. */
export interface Remark {
  readonly path: Path;
  readonly code: Code;
  readonly message: string;
  readonly fix: string;
}

/** One number or choice of a target, for people who want to know what they plan for. */
export interface Fact {
  /** Key path as in the file, e.g. `memory.size`. */
  readonly key: string;
  readonly value: number | string | boolean;
  /** Unit of a number, e.g. `B`, `B/s`; empty for a choice. */
  readonly unit: string;
  /** Where the value is from; empty when the target does not say. */
  readonly source: string;
}

/** A key whose value is a number with a unit. */
export function quantity<Q extends number>(measure: Measure<Q>, { positive = false } = {}) {
  return z
    .unknown()
    .transform((value, context): Q => convert(measure, positive, value, context) ?? z.NEVER)
    .meta({ description: `A ${measure.name}, such as ${measure.example}.`, ...quantityShape(measure) });
}

/** A key whose value is a number with a unit, or one of `words`. */
export function quantityOr<Q extends number, W extends string>(measure: Measure<Q>, words: readonly W[], { positive = false } = {}) {
  return z
    .unknown()
    .transform((value, context): Q | W => {
      const word = words.find((candidate) => candidate === value);
      return word ?? convert(measure, positive, value, context, ` or one of ${words.join(", ")}`) ?? z.NEVER;
    })
    .meta({
      description: `A ${measure.name}, such as ${measure.example}, or one of ${words.join(", ")}.`,
      anyOf: [{ enum: [...words] }, quantityShape(measure)],
      examples: [measure.example],
    });
}

/**
 * A channel so slow or so fast that cycles, or bytes in one of them, could not be counted exactly: TGT-9.
 *
 * @param fastest most bytes per cycle.
 */
export function channelRemarks(
  { bandwidth }: { readonly bandwidth: BytesPerSecond },
  clock: Hertz,
  fastest = FASTEST_CHANNEL,
): readonly Remark[] {
  const perCycle = bandwidth / clock;
  if (perCycle >= SLOWEST_CHANNEL && perCycle <= fastest) return [];
  const [word, limit] = perCycle < SLOWEST_CHANNEL ? ["more", SLOWEST_CHANNEL] : ["less", fastest];
  const message = `${bandwidth} B/s at ${clock} Hz are ${perCycle} B per cycle: a plan could not be counted exactly`;
  return [{ path: ["offChip", "bandwidth"], code: "TGT-9", message, fix: `choose ${limit * clock}B/s or ${word}, or another clock` }];
}

const SLOWEST_CHANNEL = 2 ** -20;
const FASTEST_CHANNEL = 2 ** 44;

/** Adds an issue that carries our code and advice, which the parser reads back. */
export function raise(context: z.RefinementCtx, { path, code, message, fix }: Remark): void {
  context.addIssue({ code: "custom", path: [...path], message, params: { code, fix } });
}

const quantityShape = (measure: Measure<number>) => ({
  type: "string" as const,
  pattern: quantityPattern(measure),
  examples: [measure.example],
});

function convert<Q extends number>(
  measure: Measure<Q>,
  positive: boolean,
  value: unknown,
  context: z.RefinementCtx,
  alternative = "",
): Q | undefined {
  const result = parseQuantity(measure, value, "");
  if (!result.ok) {
    for (const { code, message, fix } of result.errors) raise(context, { path: [], code, message, fix: fix + alternative });
    return undefined;
  }
  if (positive && result.value === 0) {
    raise(context, { path: [], code: "TGT-8", message: `a ${measure.name} of 0`, fix: `choose more than 0${measure.unit}` });
    return undefined;
  }
  const { least = 0, most = Number.POSITIVE_INFINITY, unit } = measure;
  const small = positive && result.value < least;
  if (small || result.value > most) {
    const [side, limit] = small ? (["less", least] as const) : (["more", most] as const);
    const message = `${result.value} ${unit} is ${side} than ${limit} ${unit}: a plan could not be counted exactly`;
    raise(context, { path: [], code: "TGT-8", message, fix: `choose ${limit}${unit} or ${small ? "more" : "less"}` });
    return undefined;
  }
  return result.value;
}
