import { z } from "zod";
import { seconds } from "../base/units.js";
import { bitsOf } from "../graph/element-type.js";
import { channelRemarks, type Fact, type Family, quantity, type Remark, raise } from "./family.js";
import type { FabricResources, PipelineTarget } from "./pipeline-target.js";
import { PRECISIONS } from "./precision-schema.js";
import { duration, frequency, rate, size } from "./units.js";

const count = z.int().min(0).max(100_000_000);

/** Widths that engines multiply in one step. */
const MOST_BITS = 32;
const INTEGERS = PRECISIONS.filter((type) => /^u?int/.test(type) && bitsOf(type) <= MOST_BITS);
const width = z
  .union([z.int().min(1).max(MOST_BITS), z.enum(INTEGERS)])
  .optional()
  .meta({ description: "An integer type, or plain bits where no type has the width.", examples: [4] });

const schema = z
  .strictObject({
    kind: z.literal("pipeline"),
    name: z.string().optional().meta({ description: "What reports call this target; the file's name when absent." }),
    summary: z.string().default("").meta({ description: "One line for `stowage targets`." }),
    clock: quantity(frequency, { positive: true }),
    fabric: z
      .enum(["7series", "ultrascale+"])
      .meta({ description: "Decides the shapes of multipliers and memories.", examples: ["ultrascale+"] }),
    resources: z
      .strictObject({ lut: count, ff: count, dsp: count, bram18: count, uram: count.default(0) })
      .meta({ description: "bram18: block RAMs of 18 Kbit (two for one of 36); uram: of 288 Kbit, 0 when absent." }),
    lutPerBram18: count.optional().meta({
      description:
        "LUTs that stand in for one block RAM where these run out; 0: never. When absent, 288 under the model autows and 0 under ours.",
      examples: [0],
    }),
    offChip: z.strictObject({
      bandwidth: quantity(rate, { positive: true }),
      efficiency: z
        .number()
        .gt(0)
        .max(1)
        .meta({ description: "Share of the peak that bursts reach.", examples: [0.8] }),
      burst: quantity(size, { positive: true }),
    }),
    streaming: z.enum(["allowed", "never"]).default("allowed").meta({ description: "Whether weights may be streamed from off chip." }),
    buffers: z.int().min(1).max(3).default(2).meta({ description: "Most fragment buffers of a streamed layer." }),
    reuse: z.int().min(1).max(1024).default(4).meta({ description: "Most output pixels of a row that share one pass over the weights." }),
    model: z
      .enum(["stowage", "autows"])
      .default("stowage")
      .meta({ description: "Cost formulas: ours, or those of AutoWS, for comparison." }),
    partitions: z.int().min(1).max(64).default(1).meta({ description: "Most configurations of the device, one after the other." }),
    reconfiguration: quantity(duration)
      .optional()
      .meta({ description: "Time to load a configuration; 0s when absent.", examples: ["82.55ms"] }),
    batch: z.int().min(1).max(1_000_000).default(1).meta({ description: "Frames per configuration." }),
    precision: z.strictObject({ activation: width, weight: width }).default({}).meta({
      description: "Widths assumed for floating-point data; the model's own count when absent.",
    }),
    sources: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: "Key path -> where the value is from.", examples: [{ "resources.dsp": "data sheet, table 3" }] }),
  })
  .superRefine((parsed, context) => {
    for (const remark of contradictions(parsed)) raise(context, remark);
  });

type Parsed = z.output<typeof schema>;

/** FPGAs on which every layer has an engine of its own and all run at once. */
export const pipelineFamily: Family<Parsed, PipelineTarget> = { schema, build, remarks: () => [], facts };

/** 64 bits per LUT: 288 of them hold the 18,432 bits of a block RAM. */
const AUTOWS_LUT_PER_BRAM18 = 288;

function build(parsed: Parsed, name: string, sources: Readonly<Record<string, string>>): PipelineTarget {
  const { clock, summary, fabric, resources, offChip, streaming, buffers, reuse, model, partitions, reconfiguration, batch } = parsed;
  return {
    kind: "pipeline",
    name: parsed.name ?? name,
    summary,
    clock,
    fabric,
    resources,
    lutPerBram18: parsed.lutPerBram18 ?? (model === "autows" ? AUTOWS_LUT_PER_BRAM18 : 0),
    offChip,
    streaming,
    buffers,
    reuse,
    model,
    partitions,
    reconfiguration: reconfiguration ?? seconds(0),
    batch,
    precision: precisionOf(parsed),
    sources: {
      ...(parsed.lutPerBram18 === undefined && {
        lutPerBram18:
          model === "autows"
            ? "AutoWS, bram_to_lut: 18,432 bits at 64 bits per LUT"
            : "memories that lie in LUTs are counted one by one, at what they take",
      }),
      ...sources,
    },
  };
}

/** Plain bits keep a key of their own: no element type has, say, 5 bits. */
function precisionOf({ precision: { activation, weight } }: Parsed): PipelineTarget["precision"] {
  return {
    ...(typeof activation === "string" && { activation }),
    ...(typeof activation === "number" && { activationBits: activation }),
    ...(typeof weight === "string" && { weight }),
    ...(typeof weight === "number" && { weightBits: weight }),
  };
}

/** Values that are right alone and wrong together: TGT-9. */
function contradictions({ resources, partitions, reconfiguration, offChip, clock }: Parsed): readonly Remark[] {
  const refuse = (path: Remark["path"], message: string, fix: string): Remark => ({ path, code: "TGT-9", message, fix });
  return [
    ...channelRemarks(offChip, clock, FASTEST_CHANNEL),
    ...(resources.lut === 0 ? [refuse(["resources", "lut"], "no LUTs: nothing can be built", "give the device's LUTs")] : []),
    ...(resources.ff === 0 ? [refuse(["resources", "ff"], "no flip-flops: nothing can be built", "give the device's flip-flops")] : []),
    ...(partitions > 1 && reconfiguration === undefined
      ? [refuse(["partitions"], `${partitions} partitions that are loaded in no time`, "add reconfiguration, for instance 82.55ms")]
      : []),
  ];
}

/** Bytes per cycle; wider words than any device has pins for. */
const FASTEST_CHANNEL = 2 ** 17;

/** Units of the device's parts, by key. */
const RESOURCE_UNITS: Readonly<Record<keyof FabricResources, string>> = {
  lut: "LUT",
  ff: "FF",
  dsp: "DSP",
  bram18: "18-Kbit RAM",
  uram: "288-Kbit RAM",
};

function facts(target: PipelineTarget): readonly Fact[] {
  const { clock, fabric, resources, lutPerBram18, offChip, precision, sources } = target;
  const fact = (key: string, value: Fact["value"], unit = ""): Fact => ({
    key,
    value,
    unit,
    source: Object.hasOwn(sources, key) ? sources[key]! : "",
  });
  const activation = precision.activationBits ?? precision.activation;
  const weight = precision.weightBits ?? precision.weight;
  const unitOf = (assumed: number | string) => (typeof assumed === "number" ? "bit" : "");
  return [
    fact("clock", clock, frequency.unit),
    fact("fabric", fabric),
    ...Object.entries(RESOURCE_UNITS).map(([key, unit]) => fact(`resources.${key}`, resources[key as keyof FabricResources], unit)),
    fact("lutPerBram18", lutPerBram18, "LUT"),
    fact("offChip.bandwidth", offChip.bandwidth, rate.unit),
    fact("offChip.efficiency", offChip.efficiency),
    fact("offChip.burst", offChip.burst, size.unit),
    fact("streaming", target.streaming),
    fact("buffers", target.buffers),
    fact("reuse", target.reuse),
    fact("model", target.model),
    fact("partitions", target.partitions),
    fact("reconfiguration", target.reconfiguration, duration.unit),
    fact("batch", target.batch),
    ...(activation !== undefined ? [fact("precision.activation", activation, unitOf(activation))] : []),
    ...(weight !== undefined ? [fact("precision.weight", weight, unitOf(weight))] : []),
  ];
}
