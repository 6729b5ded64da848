import { z } from "zod";
import type { Fact, Family } from "./family.js";
import { scratchpadFamily } from "./scratchpad.js";
import type { Target } from "./target.js";

/** The kinds of accelerator this version knows. */
export const families = { scratchpad: scratchpadFamily } satisfies {
  readonly [K in Target["kind"]]: Pick<Family<unknown, Extract<Target, { kind: K }>>, "facts">;
};

export const kinds = Object.keys(families) as readonly Target["kind"][];

/** A JSON Schema, as far as the parser and editors look into it. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly [keyword: string]: unknown;
}

/** The JSON Schema (draft 2020-12) of target files, for completion and checks in editors. */
export function targetJsonSchema(): Shape {
  return toShape(z.discriminatedUnion("kind", [families.scratchpad.schema]));
}

/** The JSON Schema of one kind of target. */
export const shapeOf = (kind: Target["kind"]): Shape => toShape(families[kind].schema);

/** Every number and choice of `target`, with its unit and where it is from. */
export const targetFacts = (target: Target): readonly Fact[] => families[target.kind].facts(target);

/** Zod drops the examples of converted values; we keep them. */
function toShape(schema: z.ZodType): Shape {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (examples !== undefined) jsonSchema.examples = examples as unknown[];
    },
  }) as Shape;
}
