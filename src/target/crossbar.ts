import { z } from "zod";
import { picojoules, seconds } from "../base/units.js";
import type { CrossbarTarget } from "./crossbar-target.js";
import { ENCODINGS, TICKS, WRITE_MODELS } from "./crossbar-target.js";
import { memorySource, OFF_CHIP_MEMORIES } from "./energy-table.js";
import { type Fact, type Family, quantity, quantityOr, type Remark, raise } from "./family.js";
import { duration, energy, energyPerByte, rate, size } from "./units.js";

const count = z.int().min(1).max(1_000_000);
const bits = z.int().min(2).max(8).optional();

const schema = z
  .strictObject({
    kind: z.literal("crossbar"),
    name: z.string().optional().meta({ description: "What reports call this target; the file's name when absent." }),
    summary: z.string().default("").meta({ description: "One line for `stowage targets`." }),
    crossbars: z
      .union([count, z.string().regex(/^(?:100|[1-9]?\d)(?:\.\d+)?%$/)])
      .meta({ description: "How many, or which share of those that the whole network would take.", examples: ["25%"] }),
    rows: z
      .int()
      .min(1)
      .max(4096)
      .meta({ examples: [128] }),
    columns: z
      .int()
      .min(1)
      .max(4096)
      .meta({ examples: [128] }),
    cellBits: z.int().min(1).max(8).default(1).meta({ description: "Bits of one cell." }),
    unit: z
      .strictObject({ rows: z.int().min(1).max(4096), columns: z.int().min(1).max(4096) })
      .meta({ description: "Operation unit: rows and columns that are active together.", examples: [{ rows: 16, columns: 8 }] }),
    inputBits: z.int().min(1).max(8).default(1).meta({ description: "Bits of an input fed per cycle." }),
    cycle: quantity(duration, { positive: true }),
    converters: count.default(1).meta({ description: "Operation units of a crossbar that fire at once." }),
    firing: count.optional().meta({ description: "Crossbars that fire at once; all when absent." }),
    unitEnergy: quantity(energy).optional(),
    programming: z
      .strictObject({
        model: z.enum(WRITE_MODELS).meta({ examples: ["driver"] }),
        set: quantity(duration).optional(),
        reset: quantity(duration).optional(),
        pulses: z.enum(["difference", "single"]).default("difference").meta({ description: "Pulses for a change of several levels." }),
        attempts: z.int().min(1).max(1000).default(1).meta({ description: "Pulses until a cell holds its level." }),
        verifyRead: quantity(duration).optional(),
        drivers: count.optional().meta({ description: "Cells of a row written in one step.", examples: [8] }),
        writers: count.default(1).meta({ description: "Crossbars written at once." }),
        row: quantity(duration).optional(),
        setEnergy: quantity(energy).optional(),
        resetEnergy: quantity(energy).optional(),
        stepEnergy: quantity(energy).optional(),
        endurance: z
          .number()
          .min(1)
          .max(1e18)
          .meta({ description: "Writes a cell endures.", examples: [1e9] }),
      })
      .meta({ description: "How cells are written; docs/math/crossbar.md has the models." }),
    offChip: z.strictObject({
      bandwidth: quantity(rate, { positive: true }),
      energy: quantityOr(energyPerByte, Object.keys(OFF_CHIP_MEMORIES)).optional(),
    }),
    buffer: quantity(size, { positive: true }),
    sharing: z
      .int()
      .min(1)
      .max(128)
      .optional()
      .meta({ description: "Outputs that share an order of inputs; chosen by the planner when absent.", examples: [8] }),
    encoding: z.enum(ENCODINGS).optional().meta({ description: "How weights become cells; chosen for each layer when absent." }),
    batch: z.int().min(1).max(1_000_000).default(1).meta({ description: "Inferences per pass over the weights." }),
    mostCellWrites: z
      .number()
      .gt(0)
      .max(1e18)
      .optional()
      .meta({ description: "Times that a cell may be written per inference; no limit when absent.", examples: [4] }),
    scales: z.enum(["tensor", "channel"]).default("tensor").meta({ description: "Whether a weight has one scale or one per output." }),
    precision: z
      .strictObject({ activation: bits, weight: bits })
      .default({})
      .meta({ description: "Bits of inputs and weights; 8 where the model has floating point and nothing is given." }),
    sources: z
      .record(z.string(), z.string())
      .default({})
      .meta({
        description: "Key path -> where the value is from; `scenario` where nobody published one.",
        examples: [{ rows: "data sheet, table 3" }],
      }),
  })
  .superRefine((parsed, context) => {
    for (const remark of contradictions(parsed)) raise(context, remark);
  });

type Parsed = z.output<typeof schema>;

/** ReRAM crossbars that hold fewer weights than a network has. */
export const crossbarFamily: Family<Parsed, CrossbarTarget> = { schema, build, remarks, facts };

function build(parsed: Parsed, name: string, sources: Readonly<Record<string, string>>): CrossbarTarget {
  const { summary, crossbars, rows, columns, cellBits, unit, inputBits, cycle, converters, firing, unitEnergy, programming, offChip } =
    parsed;
  const { buffer, sharing, encoding, batch, mostCellWrites, scales, precision } = parsed;
  const none = seconds(0);
  return {
    kind: "crossbar",
    clock: TICKS,
    name: parsed.name ?? name,
    summary,
    crossbars: typeof crossbars === "number" ? { count: crossbars } : { share: Number(crossbars.slice(0, -1)) / 100 },
    rows,
    columns,
    cellBits,
    unit,
    inputBits,
    cycle,
    converters,
    firing,
    unitEnergy: unitEnergy ?? picojoules(0),
    programming: {
      ...programming,
      set: programming.set ?? none,
      reset: programming.reset ?? none,
      verifyRead: programming.verifyRead ?? none,
      drivers: programming.drivers ?? columns,
      row: programming.row ?? none,
      setEnergy: programming.setEnergy ?? picojoules(0),
      resetEnergy: programming.resetEnergy ?? picojoules(0),
      stepEnergy: programming.stepEnergy ?? picojoules(0),
    },
    offChip: {
      bandwidth: offChip.bandwidth,
      energy:
        (typeof offChip.energy === "string" ? OFF_CHIP_MEMORIES[offChip.energy] : offChip.energy) ??
        (0 as CrossbarTarget["offChip"]["energy"]),
    },
    buffer,
    sharing,
    encoding,
    batch,
    mostCellWrites,
    scales,
    weightBits: precision.weight,
    activationBits: precision.activation,
    sources: { ...unspoken(parsed), ...sources },
  };
}

/** Where the values are from that a file leaves out. */
function unspoken({
  firing,
  sharing,
  encoding,
  batch,
  mostCellWrites,
  scales,
  offChip,
  programming,
}: Parsed): Readonly<Record<string, string>> {
  const { pulses, attempts, verifyRead, row, stepEnergy, set, reset } = programming;
  return {
    ...(firing === undefined && { firing: "not given: no limit" }),
    ...(sharing === undefined && { sharing: "not given: left to the planner" }),
    ...(encoding === undefined && { encoding: "not given: left to the planner" }),
    ...(batch === 1 && { batch: "one inference per pass unless given" }),
    ...(mostCellWrites === undefined && { mostCellWrites: "not given: no limit" }),
    ...(scales === "tensor" && { scales: "one scale per weight unless given" }),
    ...(typeof offChip.energy === "string" && { "offChip.energy": memorySource(offChip.energy) }),
    ...(pulses === "difference" && { "programming.pulses": "a pulse per level of change unless given" }),
    ...(attempts === 1 && { "programming.attempts": "no verification unless given" }),
    ...(verifyRead === undefined && { "programming.verifyRead": "not given: no verification" }),
    ...(set === undefined && { "programming.set": "not given: the write model has none" }),
    ...(reset === undefined && { "programming.reset": "not given: the write model has none" }),
    ...(row === undefined && { "programming.row": "not given: the write model has none" }),
    ...(stepEnergy === undefined && { "programming.stepEnergy": "not given: counts as 0" }),
  };
}

/** Values that are right alone and wrong together: TGT-9; keys that a write model needs: TGT-5. */
function contradictions({ crossbars, rows, columns, unit, cellBits, programming, sharing, encoding }: Parsed): readonly Remark[] {
  const refuse = (path: Remark["path"], message: string, fix: string): Remark => ({ path, code: "TGT-9", message, fix });
  const needs = (key: "set" | "reset" | "row" | "drivers", example: string): Remark => ({
    path: ["programming", key],
    code: "TGT-5",
    message: `the write model ${programming.model} needs ${key}`,
    fix: `add programming.${key}, for instance ${example}`,
  });
  const { model } = programming;
  return [
    ...(crossbars === "0%" ? [refuse(["crossbars"], "no crossbars", "give at least one, or a share above 0%")] : []),
    ...(unit.rows > rows
      ? [refuse(["unit", "rows"], `${unit.rows} of ${rows} rows`, `an operation unit is part of a crossbar: give it at most ${rows} rows`)]
      : []),
    ...(unit.columns > columns
      ? [
          refuse(
            ["unit", "columns"],
            `${unit.columns} of ${columns} columns`,
            `an operation unit is part of a crossbar: give it at most ${columns} columns`,
          ),
        ]
      : []),
    ...(columns < 2 * cellBits
      ? [
          refuse(
            ["columns"],
            `${columns} columns of ${cellBits}-bit cells`,
            `a weight takes several cells side by side: give at least ${2 * cellBits} columns, or cells of fewer bits`,
          ),
        ]
      : []),
    ...(encoding === "magnitude" && (sharing ?? 1) > 1
      ? [
          refuse(
            ["sharing"],
            `${sharing} outputs under the encoding magnitude`,
            "rows of one sign fire together, so only one output can share an order: sharing 1",
          ),
        ]
      : []),
    ...(model !== "fixed" && programming.set === undefined ? [needs("set", "50ns")] : []),
    ...(model !== "fixed" && programming.reset === undefined ? [needs("reset", "50ns")] : []),
    ...(model === "fixed" && programming.row === undefined ? [needs("row", "100ns")] : []),
    ...((model === "driver" || model === "unit") && programming.drivers === undefined ? [needs("drivers", "8")] : []),
    ...((programming.drivers ?? 1) > columns
      ? [
          refuse(
            ["programming", "drivers"],
            `${programming.drivers} drivers for ${columns} columns`,
            `a step writes cells of one row: give at most ${columns} drivers`,
          ),
        ]
      : []),
  ];
}

function remarks({ offChip, unitEnergy, programming }: Parsed): readonly Remark[] {
  const missing = (path: Remark["path"], example: string): Remark => ({
    path,
    code: "TGT-13",
    message: `${path.join(".")} is not given and counts as 0`,
    fix: `add it, for instance ${example}`,
  });
  return [
    ...(offChip.energy === undefined ? [missing(["offChip", "energy"], "LPDDR4, or 8pJ/bit")] : []),
    ...(unitEnergy === undefined ? [missing(["unitEnergy"], "2pJ")] : []),
    ...(programming.setEnergy === undefined ? [missing(["programming", "setEnergy"], "1pJ")] : []),
    ...(programming.resetEnergy === undefined ? [missing(["programming", "resetEnergy"], "1pJ")] : []),
  ];
}

function facts(target: CrossbarTarget): readonly Fact[] {
  const { programming, sources } = target;
  const fact = (key: string, value: Fact["value"] | undefined, unit = ""): readonly Fact[] =>
    value === undefined ? [] : [{ key, value, unit, source: Object.hasOwn(sources, key) ? sources[key]! : "" }];
  const share = "share" in target.crossbars;
  return [
    ...fact(
      "crossbars",
      "share" in target.crossbars ? target.crossbars.share * 100 : target.crossbars.count,
      share ? "% of the network's need" : "",
    ),
    ...fact("rows", target.rows),
    ...fact("columns", target.columns),
    ...fact("cellBits", target.cellBits, "bit"),
    ...fact("unit.rows", target.unit.rows),
    ...fact("unit.columns", target.unit.columns),
    ...fact("inputBits", target.inputBits, "bit"),
    ...fact("cycle", target.cycle, duration.unit),
    ...fact("converters", target.converters),
    ...fact("firing", target.firing ?? "all crossbars"),
    ...fact("unitEnergy", target.unitEnergy, energy.unit),
    ...fact("programming.model", programming.model),
    ...fact("programming.set", programming.set, duration.unit),
    ...fact("programming.reset", programming.reset, duration.unit),
    ...fact("programming.pulses", programming.pulses),
    ...fact("programming.attempts", programming.attempts),
    ...fact("programming.verifyRead", programming.verifyRead, duration.unit),
    ...fact("programming.drivers", programming.drivers, "cells"),
    ...fact("programming.writers", programming.writers),
    ...fact("programming.row", programming.row, duration.unit),
    ...fact("programming.setEnergy", programming.setEnergy, energy.unit),
    ...fact("programming.resetEnergy", programming.resetEnergy, energy.unit),
    ...fact("programming.stepEnergy", programming.stepEnergy, energy.unit),
    ...fact("programming.endurance", programming.endurance, "writes"),
    ...fact("offChip.bandwidth", target.offChip.bandwidth, rate.unit),
    ...fact("offChip.energy", target.offChip.energy, energyPerByte.unit),
    ...fact("buffer", target.buffer, size.unit),
    ...fact("sharing", target.sharing ?? "chosen"),
    ...fact("encoding", target.encoding ?? "chosen for each layer"),
    ...fact("batch", target.batch),
    ...fact("mostCellWrites", target.mostCellWrites ?? "no limit"),
    ...fact("scales", target.scales),
    ...fact("precision.weight", target.weightBits, "bit"),
    ...fact("precision.activation", target.activationBits, "bit"),
  ];
}
