import * as z from "zod";
import { type Diagnostic, fail } from "../../base/diagnostic.js";
import { MOST_FAULTS, pathOf } from "../../base/form.js";
import { ENCODINGS, LONGEST } from "../../target/crossbar-target.js";
import { type CrossbarPlan, type CrossbarProblem, LAYOUTS } from "./plan.js";

/** What cannot even be replayed: what is no table of loads, and layers and crossbars that do not exist. At most 20 (XBR-20). */
export function formViolations({ layers, machine }: CrossbarProblem, plan: CrossbarPlan): readonly Diagnostic[] {
  const parsed = form.safeParse(plan);
  if (!parsed.success) return parsed.error.issues.slice(0, MOST_FAULTS).map(({ path, message }) => wrong(`plan${pathOf(path)}`, message));
  const { mappings, sequences } = plan;
  return [
    ...(mappings.length === layers.length ? [] : [wrong("plan.mappings", `${mappings.length} mappings for ${layers.length} layers`)]),
    ...(sequences.length === machine.crossbars
      ? []
      : [wrong("plan.sequences", `${sequences.length} sequences for ${machine.crossbars} crossbars`)]),
    ...sequences.flatMap((loads, x) =>
      loads.flatMap(({ layer }, k) =>
        layer < layers.length ? [] : [wrong(`plan.sequences[${x}][${k}]`, `names layer ${layer}; there are ${layers.length}`)],
      ),
    ),
  ].slice(0, MOST_FAULTS);
}

const count = z
  .int()
  .min(1)
  .max(2 ** 24);
const index = z
  .int()
  .min(0)
  .max(2 ** 24);
const time = z.number().min(0).max(LONGEST, `is later than ${LONGEST} s, beyond which picoseconds are not counted exactly`);
const span = z.object({ start: time, end: time }).refine(({ start, end }) => start <= end, "ends before it starts");
const figure = z.number().min(0).max(1e300);
const sequence = z.array(z.object({ layer: index, strip: index, part: index, round: index, fetch: span, program: span, fire: span }));

/** One crossbar after the other: large networks have a million loads, and reading a sequence copies it. */
const sequences = z.array(z.unknown()).superRefine((all, { addIssue }) => {
  all.forEach((loads, x) => {
    for (const { path, message } of sequence.safeParse(loads).error?.issues ?? [])
      addIssue({ code: "custom", path: [x, ...path], message });
  });
});

const form = z.object({
  kind: z.literal("crossbar"),
  mappings: z.array(
    z.object({
      encoding: z.enum(ENCODINGS),
      layout: z.enum(LAYOUTS),
      sharing: count,
      spread: count,
      rounds: count,
      top: z.union([index, z.array(index)]),
      deep: count.optional(),
      left: z.union([index, z.array(index)]).optional(),
      fill: count.optional(),
      table: z.array(z.string()),
    }),
  ),
  inferences: z.union([z.literal(1), z.literal(2)]),
  sequences,
  rotation: z
    .object({
      every: z
        .int()
        .min(1)
        .max(2 ** 48),
      rows: index,
      crossbars: z.union([z.literal(0), z.literal(1)]),
      claims: z.object({ maxCellWrites: figure, cellWrites: figure }),
    })
    .optional(),
  levels: z.array(
    z.object({
      name: z.enum(["encoding", "chains", "order", "placement", "closing", "overlap"]),
      unit: z.enum(["cell writes", "seconds", "picojoules"]),
      value: figure,
      bound: figure,
      scope: z.string(),
    }),
  ),
  claims: z.object({ latency: figure, energy: figure, cellWrites: figure, maxCellWrites: figure }),
});

const wrong = (where: string, message: string): Diagnostic =>
  fail("XBR-20", where, message, "plan again; a plan file belongs to the problem stored in it");
