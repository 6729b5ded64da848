import { z } from "zod";
import { bytes, type PicojoulesPerMac, picojoulesPerByte, picojoulesPerCycle, picojoulesPerMac } from "../base/units.js";
import { macEnergy, memorySource, OFF_CHIP_MEMORIES, sramEnergy, tableSource, technologies } from "./energy-table.js";
import { channelRemarks, type Fact, type Family, quantity, quantityOr, type Remark, raise } from "./family.js";
import { hierarchyContradictions, hierarchyKeys, hierarchyOf } from "./fusion-hierarchy.js";
import type { BufferSplit, FusionTarget, PeArray } from "./fusion-target.js";
import { precisionSchema, stated } from "./precision-schema.js";
import { cycleRate, elementRate, energyPerByte, energyPerCycle, energyPerMac, frequency, rate, size } from "./units.js";

const count = z.int().min(1).max(65_536);

const schema = z
  .strictObject({
    kind: z.literal("fusion"),
    name: z.string().optional().meta({ description: "What reports call this target; the file's name when absent." }),
    summary: z.string().default("").meta({ description: "One line for `stowage targets`." }),
    clock: quantity(frequency, { positive: true }),
    array: z
      .strictObject({
        template: z.enum(["vwa", "row-stationary", "nvdla", "systolic", "custom"]).meta({ examples: ["vwa"] }),
        blocks: count.optional().meta({ description: "vwa: blocks of `rows` x `columns` elements.", examples: [8] }),
        rows: count
          .optional()
          .meta({ description: "vwa: map rows of a block; row-stationary, systolic: rows of elements.", examples: [7] }),
        columns: count
          .optional()
          .meta({ description: "vwa: kernel rows of a block; row-stationary, systolic: columns of elements.", examples: [3] }),
        outputs: count.optional().meta({ description: "nvdla: output channels in a cycle.", examples: [32] }),
        inputs: count.optional().meta({ description: "nvdla: input channels in a cycle.", examples: [64] }),
        bufferRate: quantity(cycleRate, { positive: true })
          .optional()
          .meta({ description: "row-stationary: what the buses between buffer and array carry, all together.", examples: ["26B/cycle"] }),
        dataflow: z
          .enum(["output-stationary", "weight-stationary"])
          .optional()
          .meta({ description: "systolic: what rests in the elements.", examples: ["weight-stationary"] }),
        ...hierarchyKeys,
      })
      .meta({ description: "How the processing elements are arranged; each template has keys of its own." }),
    buffers: z
      .strictObject({
        arrangement: z.enum(["unified", "split"]).meta({ examples: ["unified"] }),
        size: quantity(size, { positive: true }).optional(),
        staging: quantity(size)
          .optional()
          .meta({ description: "unified: part for weights on their way; 0B when absent.", examples: ["8KiB"] }),
        features: quantity(size, { positive: true }).optional(),
        weights: quantity(size, { positive: true }).optional(),
      })
      .meta({ description: "unified: feature maps and weights share `size`. split: `features` and `weights` lie apart." }),
    accumulatorBits: z
      .int()
      .min(1)
      .max(128)
      .meta({ description: "Width of a partial sum.", examples: [32] }),
    vector: quantity(elementRate, { positive: true }),
    offChip: z.strictObject({
      bandwidth: quantity(rate, { positive: true }),
      energy: quantityOr(energyPerByte, Object.keys(OFF_CHIP_MEMORIES)).optional(),
    }),
    energy: z
      .strictObject({
        technology: z.enum(technologies).optional().meta({ description: "Fills `mac` and `buffer` from a table where they are absent." }),
        mac: quantity(energyPerMac).optional(),
        buffer: quantity(energyPerByte).optional(),
        busy: quantity(energyPerCycle).optional(),
        stalled: quantity(energyPerCycle).optional(),
      })
      .default({})
      .meta({ description: "Parts that add up; 0 for a part that another one includes." }),
    precision: precisionSchema,
    sources: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: "Key path -> where the value is from.", examples: [{ "buffers.size": "data sheet, table 3" }] }),
  })
  .superRefine((parsed, context) => {
    for (const remark of contradictions(parsed)) raise(context, remark);
  });

type Parsed = z.output<typeof schema>;

/** Arrays of processing elements behind an on-chip buffer, which run networks layer by layer or fused. */
export const fusionFamily: Family<Parsed, FusionTarget> = { schema, build, remarks, facts };

function build(parsed: Parsed, name: string, sources: Readonly<Record<string, string>>): FusionTarget {
  const { clock, accumulatorBits, vector, offChip, energy, precision, summary } = parsed;
  const { technology } = energy;
  const looked = lookedUp(parsed);
  const mac = energy.mac ?? looked.mac ?? picojoulesPerMac(0);
  const memory = typeof offChip.energy === "string" ? offChip.energy : undefined;
  return {
    kind: "fusion",
    name: parsed.name ?? name,
    summary,
    clock,
    array: arrayOf(parsed, name, mac),
    buffers: buffersOf(parsed),
    accumulatorBits,
    vector,
    offChip: {
      bandwidth: offChip.bandwidth,
      energy: typeof offChip.energy === "string" ? OFF_CHIP_MEMORIES[offChip.energy]! : (offChip.energy ?? picojoulesPerByte(0)),
    },
    energy: {
      mac,
      buffer: energy.buffer ?? looked.buffer ?? picojoulesPerByte(0),
      busy: energy.busy ?? picojoulesPerCycle(0),
      stalled: energy.stalled ?? picojoulesPerCycle(0),
    },
    precision: stated(precision),
    sources: {
      ...(memory !== undefined && { "offChip.energy": memorySource(memory) }),
      ...(technology !== undefined && energy.mac === undefined && { "energy.mac": tableSource(technology) }),
      ...(technology !== undefined && energy.buffer === undefined && { "energy.buffer": tableSource(technology) }),
      ...sources,
    },
  };
}

/** Figures of the technology that the target names. */
function lookedUp({ energy, precision, buffers }: Parsed) {
  const { technology } = energy;
  const bytes = buffers.size ?? buffers.features;
  return {
    mac: technology && precision.weight && macEnergy(technology, precision.weight),
    buffer: technology && bytes && sramEnergy(technology, bytes),
  };
}

/** Which keys an array template and an arrangement of buffers have; `contradictions` sees to it that they are there. */
const OF_TEMPLATE = {
  vwa: ["blocks", "rows", "columns"],
  "row-stationary": ["rows", "columns", "bufferRate"],
  nvdla: ["outputs", "inputs"],
  systolic: ["rows", "columns", "dataflow"],
  custom: ["axes", "memories"],
} as const satisfies Readonly<Record<PeArray["template"], readonly string[]>>;
const OF_ARRANGEMENT = {
  unified: ["size", "staging"],
  split: ["features", "weights"],
} as const satisfies Readonly<Record<BufferSplit["arrangement"], readonly string[]>>;
/** May be absent even so. */
const OPTIONAL: readonly string[] = ["staging"];

function arrayOf(parsed: Parsed, file: string, mac: PicojoulesPerMac): PeArray {
  const { array, name } = parsed;
  const { template } = array;
  switch (template) {
    case "vwa":
      return { template, blocks: array.blocks!, rows: array.rows!, columns: array.columns! };
    case "row-stationary":
      return { template, rows: array.rows!, columns: array.columns!, bufferRate: array.bufferRate! };
    case "nvdla":
      return { template, outputs: array.outputs!, inputs: array.inputs! };
    case "systolic":
      return { template, rows: array.rows!, columns: array.columns!, dataflow: array.dataflow! };
    case "custom":
      return { template, hierarchy: hierarchyOf(name ?? file, array.axes!, mac, array.memories!, buffersOf(parsed)) };
  }
}

function buffersOf({ buffers }: Parsed): BufferSplit {
  return buffers.arrangement === "unified"
    ? { arrangement: "unified", size: buffers.size!, staging: buffers.staging ?? bytes(0) }
    : { arrangement: "split", features: buffers.features!, weights: buffers.weights! };
}

/** Values that are right alone and wrong together. */
function contradictions({ array, buffers, energy, precision, offChip, clock }: Parsed): readonly Remark[] {
  const wholly = array.template === "custom" && array.axes !== undefined && array.memories !== undefined;
  const { technology, mac } = energy;
  return [
    ...channelRemarks(offChip, clock),
    ...differences("array", array, OF_TEMPLATE[array.template], `the template ${array.template}`),
    ...differences("buffers", buffers, OF_ARRANGEMENT[buffers.arrangement], `the arrangement ${buffers.arrangement}`),
    ...(wholly ? hierarchyContradictions(array.axes!, array.memories!, buffers.arrangement) : []),
    ...(buffers.arrangement === "unified" && buffers.size !== undefined && (buffers.staging ?? 0) >= buffers.size
      ? [
          {
            path: ["buffers", "staging"],
            code: "TGT-9" as const,
            message: `${buffers.staging} B of a buffer of ${buffers.size} B`,
            fix: "leave room for feature maps",
          },
        ]
      : []),
    ...(technology !== undefined &&
    mac === undefined &&
    (precision.weight === undefined || macEnergy(technology, precision.weight) === undefined)
      ? [
          {
            path: ["energy", "technology"],
            code: "TGT-9" as const,
            message: `the table has no energy of a MAC of ${precision.weight ?? "elements whose type is not given"}`,
            fix: "set precision.weight to an integer type, float16 or float32, or give energy.mac",
          },
        ]
      : []),
  ];
}

/** Keys that are missing and keys that belong to another choice; `template` and `arrangement` are what makes the choice. */
function differences(key: string, given: Readonly<Record<string, unknown>>, needed: readonly string[], choice: string): readonly Remark[] {
  const present = Object.keys(given).filter((name) => given[name] !== undefined && name !== "template" && name !== "arrangement");
  return [
    ...needed
      .filter((name) => !present.includes(name) && !OPTIONAL.includes(name))
      .map((name): Remark => ({ path: [key, name], code: "TGT-5", message: `${choice} needs ${name}`, fix: `add ${key}.${name}` })),
    ...present
      .filter((name) => !needed.includes(name))
      .map(
        (name): Remark => ({
          path: [key, name],
          code: "TGT-4",
          message: `${choice} has no ${name}`,
          fix: `leave it out; ${choice} has ${needed.join(", ")}`,
        }),
      ),
  ];
}

function remarks({ offChip, energy }: Parsed): readonly Remark[] {
  const counted = energy.technology ?? energy.mac ?? energy.busy;
  const missing = (path: Remark["path"], example: string): Remark => ({
    path,
    code: "TGT-13",
    message: `${path.join(".")} is not given and counts as 0`,
    fix: `add it, for instance ${example}`,
  });
  return [
    ...(offChip.energy === undefined ? [missing(["offChip", "energy"], "LPDDR4, or 8pJ/bit")] : []),
    ...(counted === undefined ? [missing(["energy", "mac"], "0.3pJ/MAC, or energy.technology: 28nm")] : []),
  ];
}

function facts({ clock, array, buffers, accumulatorBits, vector, offChip, energy, precision, sources }: FusionTarget): readonly Fact[] {
  const cited = (key: string) => (Object.hasOwn(sources, key) ? sources[key]! : "");
  const fact = (key: string, value: Fact["value"], unit = "", citedAs = key): Fact => ({ key, value, unit, source: cited(citedAs) });
  return [
    fact("clock", clock, frequency.unit),
    fact("array.template", array.template),
    ...(array.template === "custom" ? hierarchyFacts(array, fact) : arrayFacts(array, fact)),
    fact("buffers.arrangement", buffers.arrangement),
    ...(buffers.arrangement === "unified"
      ? [fact("buffers.size", buffers.size, size.unit), fact("buffers.staging", buffers.staging, size.unit)]
      : [fact("buffers.features", buffers.features, size.unit), fact("buffers.weights", buffers.weights, size.unit)]),
    fact("accumulatorBits", accumulatorBits, "bit"),
    fact("vector", vector, elementRate.unit),
    fact("offChip.bandwidth", offChip.bandwidth, rate.unit),
    fact("offChip.energy", offChip.energy, energyPerByte.unit),
    fact("energy.mac", energy.mac, energyPerMac.unit),
    fact("energy.buffer", energy.buffer, energyPerByte.unit),
    fact("energy.busy", energy.busy, energyPerCycle.unit),
    fact("energy.stalled", energy.stalled, energyPerCycle.unit),
    ...(precision.activation ? [fact("precision.activation", precision.activation)] : []),
    ...(precision.weight ? [fact("precision.weight", precision.weight)] : []),
  ];
}

type Line = (key: string, value: Fact["value"], unit?: string, citedAs?: string) => Fact;

function arrayFacts(array: Exclude<PeArray, { template: "custom" }>, fact: Line): readonly Fact[] {
  return Object.entries(array).flatMap(([key, value]) =>
    key === "template" ? [] : [fact(`array.${key}`, value, key === "bufferRate" ? cycleRate.unit : "")],
  );
}

function hierarchyFacts({ hierarchy }: Extract<PeArray, { template: "custom" }>, fact: Line): readonly Fact[] {
  return [
    ...hierarchy.axes.map(({ name, size }) => fact(`array.axes.${name}`, size, "", "array.axes")),
    ...hierarchy.memories.flatMap(({ name, size: bits, energy }) => [
      fact(`array.memories.${name}.size`, bits / 8, size.unit, "array.memories"),
      fact(`array.memories.${name}.read`, energy.read, "pJ", "array.memories"),
      fact(`array.memories.${name}.write`, energy.write, "pJ", "array.memories"),
    ]),
  ];
}
