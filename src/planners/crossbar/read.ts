import * as z from "zod";
import { type Checked, good } from "../../base/diagnostic.js";
import { type Fault, readForm } from "../../base/form.js";
import { ENCODINGS, WRITE_MODELS } from "../../target/crossbar-target.js";
import { decodeWeights } from "./integers.js";
import { type CrossbarProblem, OBJECTIVES } from "./plan.js";

/**
 * Takes a problem from outside (a plan file, another tool) as what it claims to be: of the right form, layers that wait for earlier
 * ones only, and as many weights as the shapes say.
 *
 * @param where names the place in messages, e.g. `plan.json: problem`.
 * @returns the problem, or every fault (at most 20) as XBR-3.
 */
export function readProblem(data: unknown, where: string): Checked<CrossbarProblem> {
  const read = readForm(problem, contradictions, data, where, "XBR-3");
  return read.ok ? good(data as CrossbarProblem) : read; // the schema says the same, without the brands of units
}

const length = z
  .int()
  .min(1)
  .max(2 ** 24);
const side = z.int().min(1).max(4096);
const count = z.int().min(1).max(1_000_000);
const bits = z.int().min(2).max(8);
const name = z.string();
const time = z.number().min(0).max(1e6);
const energy = z.number().min(0).max(1e18);

const problem = z.object({
  kind: z.literal("crossbar"),
  objective: z.enum(OBJECTIVES),
  machine: z.object({
    crossbars: count,
    rows: side,
    columns: side,
    cellBits: z.int().min(1).max(8),
    unit: z.object({ rows: side, columns: side }),
    inputBits: z.int().min(1).max(8),
    cycle: time.gt(0),
    converters: count,
    firing: count,
    unitEnergy: energy,
    programming: z.object({
      model: z.enum(WRITE_MODELS),
      set: time,
      reset: time,
      pulses: z.enum(["difference", "single"]),
      attempts: z.int().min(1).max(1000),
      verifyRead: time,
      drivers: count,
      writers: count,
      row: time,
      setEnergy: energy,
      resetEnergy: energy,
      stepEnergy: energy,
      endurance: z.number().min(1).max(1e18),
    }),
    offChipRate: z.number().gt(0).max(1e18),
    offChipEnergy: energy,
    buffer: z
      .number()
      .min(1)
      .max(2 ** 50),
  }),
  sharing: z.int().min(1).max(128).optional(),
  encoding: z.enum(ENCODINGS).optional(),
  batch: count,
  mostCellWrites: z.number().gt(0).max(1e18).optional(),
  layers: z
    .array(
      z.object({
        name,
        type: name,
        groups: length,
        inputs: length,
        outputs: length,
        vectors: length,
        after: z.array(z.int().min(0)),
        weights: z.string(),
        bits,
        inputBits: z.int().min(1).max(16),
      }),
    )
    .min(1),
  assumptions: z.array(name),
});

/** What the form alone cannot say. */
function contradictions({ layers, machine }: z.infer<typeof problem>): Fault[] {
  const { unit, rows, columns } = machine;
  const faults: Fault[] =
    unit.rows > rows || unit.columns > columns ? [[".machine.unit", `${unit.rows} x ${unit.columns} of ${rows} x ${columns} cells`]] : [];
  layers.forEach(({ after, groups, inputs, outputs, weights, bits: width }, l) => {
    const at = `.layers[${l}]`;
    const late = after.find((before) => before >= l);
    if (late !== undefined) faults.push([`${at}.after`, `waits for layer ${late}, which does not come before it`]);
    const values = decodeWeights(weights);
    const expected = groups * inputs * outputs;
    if (values?.length !== expected) faults.push([`${at}.weights`, `${values?.length ?? "no"} integers in base64; ${expected} are due`]);
    else {
      const [least, most] = [-(2 ** (width - 1)), 2 ** (width - 1) - 1];
      const stray = values.find((w) => w < least || w > most);
      if (stray !== undefined) faults.push([`${at}.weights`, `holds ${stray}, outside of ${width} bits`]);
    }
  });
  return faults;
}
