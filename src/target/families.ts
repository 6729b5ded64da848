import { z } from "zod";
import { crossbarFamily } from "./crossbar.js";
import type { Fact, Family } from "./family.js";
import { fusionFamily } from "./fusion.js";
import { pipelineFamily } from "./pipeline.js";
import { scratchpadFamily } from "./scratchpad.js";
import type { Target } from "./target.js";

/** The kinds of accelerator this version knows. */
const families = { scratchpad: scratchpadFamily, fusion: fusionFamily, pipeline: pipelineFamily, crossbar: crossbarFamily } satisfies {
  readonly [K in Target["kind"]]: Pick<Family<unknown, Extract<Target, { kind: K }>>, "facts">;
};

/** The compiler does not see that parsed values and targets are of the kind that picked the family. */
export const familyOf = (kind: Target["kind"]): Family<{ readonly sources: Readonly<Record<string, string>> }, Target> =>
  families[kind] as unknown as Family<{ readonly sources: Readonly<Record<string, string>> }, Target>;

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
  return toShape(
    z.discriminatedUnion("kind", [families.scratchpad.schema, families.fusion.schema, families.pipeline.schema, families.crossbar.schema]),
  );
}

/** The JSON Schema of one kind of target. */
export function shapeOf(kind: Target["kind"]): Shape {
  const known = shapes.get(kind);
  if (known !== undefined) return known;
  const shape = toShape(familyOf(kind).schema);
  shapes.set(kind, shape);
  return shape;
}

/** Schemas never change, and a hardware search parses thousands of targets. */
const shapes = new Map<Target["kind"], Shape>();

/** Every number and choice of `target`, with its unit and where it is from. */
export const targetFacts = (target: Target): readonly Fact[] => familyOf(target.kind).facts(target);

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
