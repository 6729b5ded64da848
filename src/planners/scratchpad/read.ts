import * as z from "zod";
import { type Checked, good } from "../../base/diagnostic.js";
import { type Fault, readForm } from "../../base/form.js";
import { alignUp, bytes } from "../../base/units.js";
import { OBJECTIVES, type ScratchpadProblem } from "./plan.js";
import { splitContradictions, splitForm } from "./read-split.js";

/**
 * Takes a problem from outside (a plan file, another tool) as what it claims to be: of the right form, with
 * indices that exist and sizes that can be counted exactly. Whether a plan fits it is the judge's business.
 *
 * @param where names the place in messages, e.g. `plan.json: problem`.
 * @returns the problem, or every fault (at most 20) as SPM-1.
 */
export function readProblem(data: unknown, where: string): Checked<ScratchpadProblem> {
  const read = readForm(problem, contradictions, data, where, "SPM-1");
  return read.ok ? good(read.value as unknown as ScratchpadProblem) : read; // the schema says the same, without the brands of units
}

/** Sums over a whole network stay exact below 2^53, so one size has to stay well below. */
const whole = z
  .int()
  .min(0)
  .max(2 ** 44);
const rate = z
  .number()
  .min(2 ** -20)
  .max(2 ** 44);
const energy = z
  .number()
  .min(0)
  .max(2 ** 60);
const name = z.string();

const problem = z.object({
  kind: z.literal("scratchpad"),
  objective: z.enum(OBJECTIVES),
  machine: z.object({
    capacity: whole,
    alignment: whole.min(1),
    reserved: z.array(z.object({ start: whole, end: whole })),
    clock: rate,
    offChipRate: rate,
    offChipEnergy: energy,
    memoryEnergy: energy,
  }),
  buffers: z.array(
    z.object({
      name,
      kind: z.enum(["input", "weight", "activation", "output"]),
      size: whole,
      footprint: whole,
      offChip: z.boolean(),
      keep: z.boolean(),
    }),
  ),
  steps: z.array(z.object({ name, type: name, reads: z.array(whole), writes: z.array(whole), duration: whole, energy })),
  sizes: z.object({ min: whole, mid: whole, peak: whole }),
  assumptions: z.object({
    weights: z.enum(["outside", "planned"]),
    outsideWeightBytes: whole,
    views: z.array(name),
    inPlace: z.array(name),
    split: z.object({ largestNeed: whole, operators: z.array(z.object({ name, parts: whole })) }).optional(),
  }),
  split: splitForm.optional(),
});

/** What the form alone cannot say: indices, and footprints that are what rounding up makes of the size. */
function contradictions({ machine, buffers, steps, assumptions, split }: z.infer<typeof problem>): Fault[] {
  const rounded = (size: number) => alignUp(bytes(size), bytes(machine.alignment));
  return [
    ...buffers.flatMap(({ size, footprint }, i): Fault[] =>
      footprint === rounded(size)
        ? []
        : [[`.buffers[${i}].footprint`, `is ${footprint} B, ${size} B rounded up to ${machine.alignment} B are ${rounded(size)} B`]],
    ),
    ...steps.flatMap((step, i) =>
      (["reads", "writes"] as const).flatMap((side): Fault[] => {
        const ids = step[side];
        const stray = ids.find((id) => id >= buffers.length);
        if (stray !== undefined) return [[`.steps[${i}].${side}`, `names buffer ${stray}, there are ${buffers.length}`]];
        return new Set(ids).size === ids.length ? [] : [[`.steps[${i}].${side}`, "names a buffer twice"]];
      }),
    ),
    ...((split === undefined) === (assumptions.split === undefined)
      ? []
      : [[".split", "and assumptions.split belong together: a cut problem says which network was cut"] as const]),
    ...(split === undefined
      ? []
      : splitContradictions(split, buffers.length, steps.length).map(([path, message]) => [`.split${path}`, message] as const)),
  ];
}
