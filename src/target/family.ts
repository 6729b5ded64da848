import { z } from "zod";
import type { Code } from "../base/diagnostic.js";
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
  return result.value;
}
