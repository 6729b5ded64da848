import { z } from "zod";
import { overlaps } from "../base/interval.js";
import { add, bytes, picojoulesPerByte, picojoulesPerMac } from "../base/units.js";
import { channelRemarks, type Fact, type Family, quantity, quantityOr, type Remark, raise } from "./family.js";
import { precisionSchema, stated } from "./precision-schema.js";
import type { ScratchpadTarget } from "./target.js";
import { elementRate, energyPerByte, energyPerMac, frequency, macRate, rate, size } from "./units.js";

const schema = z
  .strictObject({
    kind: z.literal("scratchpad"),
    name: z.string().optional().meta({ description: "What reports call this target; the file's name when absent." }),
    summary: z.string().default("").meta({ description: "One line for `stowage targets`." }),
    clock: quantity(frequency, { positive: true }),
    memory: z.strictObject({
      size: quantityOr(size, ["min", "mid", "peak"], { positive: true }),
      alignment: quantity(size, { positive: true })
        .optional()
        .meta({ description: "Every offset and every footprint is a multiple of it; 1B when absent.", examples: ["16B"] }),
      reserved: z
        .array(z.strictObject({ start: quantity(size), size: quantity(size, { positive: true }) }))
        .default([])
        .meta({ description: "Address ranges the planner may not use.", examples: [[{ start: "0B", size: "16KiB" }]] }),
      energy: quantity(energyPerByte).optional(),
    }),
    offChip: z.strictObject({ bandwidth: quantity(rate, { positive: true }), energy: quantity(energyPerByte).optional() }),
    compute: z.strictObject({
      macs: quantity(macRate, { positive: true }),
      vector: quantity(elementRate, { positive: true }),
      energy: quantity(energyPerMac).optional(),
    }),
    precision: precisionSchema,
    weights: z
      .enum(["outside", "planned"])
      .meta({ description: "outside: weights have a memory of their own. planned: they share the scratchpad.", examples: ["planned"] }),
    inPlace: z.boolean().default(true).meta({ description: "Whether an element-wise operator may overwrite an input that dies in it." }),
    sources: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: "Key path -> where the value is from.", examples: [{ "memory.size": "data sheet, table 3" }] }),
  })
  .superRefine((parsed, context) => {
    for (const remark of contradictions(parsed)) raise(context, remark);
  });

type Parsed = z.output<typeof schema>;

/** NPUs with one software-managed scratchpad, one compute engine and one DMA channel in each direction. */
export const scratchpadFamily: Family<Parsed, ScratchpadTarget> = { schema, build, remarks, facts };

function build(parsed: Parsed, name: string, sources: Readonly<Record<string, string>>): ScratchpadTarget {
  const { clock, memory, offChip, compute, precision, weights, inPlace, summary } = parsed;
  return {
    kind: "scratchpad",
    name: parsed.name ?? name,
    summary,
    clock,
    memory: {
      size: memory.size,
      alignment: memory.alignment ?? bytes(1),
      reserved: memory.reserved.map((range) => ({ start: range.start, end: add(range.start, range.size) })),
      energy: memory.energy ?? picojoulesPerByte(0),
    },
    offChip: { bandwidth: offChip.bandwidth, energy: offChip.energy ?? picojoulesPerByte(0) },
    compute: { macs: compute.macs, vector: compute.vector, energy: compute.energy ?? picojoulesPerMac(0) },
    precision: stated(precision),
    weights,
    inPlace,
    sources,
  };
}

/** Values that are right alone and wrong together: TGT-9. */
function contradictions({ memory, offChip, clock }: Parsed): readonly Remark[] {
  const refuse = (path: Remark["path"], message: string, fix: string): Remark => ({ path, code: "TGT-9", message, fix });
  const ranges = memory.reserved.map((range) => ({ start: range.start as number, end: range.start + range.size }));
  const capacity = typeof memory.size === "number" ? memory.size : Number.POSITIVE_INFINITY;
  const free = capacity - ranges.reduce((total, { start, end }) => total + end - start, 0);
  return [
    ...channelRemarks(offChip, clock),
    ...ranges.flatMap(({ end }, i) =>
      end > capacity
        ? [refuse(["memory", "reserved", i], `ends at ${end} B, the memory at ${capacity} B`, "shorten it or enlarge memory.size")]
        : [],
    ),
    ...ranges.flatMap((range, i) => {
      const j = ranges.findIndex((other) => other === range || overlaps(range, other));
      return j < i ? [refuse(["memory", "reserved", i], `shares bytes with memory.reserved[${j}]`, "make the ranges disjoint")] : [];
    }),
    ...(free <= 0 ? [refuse(["memory", "reserved"], `leaves none of ${capacity} B`, "leave memory for the planner")] : []),
    ...(memory.alignment !== undefined && memory.alignment > capacity
      ? [
          refuse(
            ["memory", "alignment"],
            `${memory.alignment} B in a memory of ${capacity} B`,
            "choose an alignment below the memory's size",
          ),
        ]
      : []),
  ];
}

function remarks({ memory, offChip, compute }: Parsed): readonly Remark[] {
  const missing = (path: Remark["path"], energy: number | undefined, example: string): readonly Remark[] =>
    energy === undefined
      ? [{ path, code: "TGT-13", message: `${path.join(".")} is not given and counts as 0`, fix: `add it, for instance ${example}` }]
      : [];
  return [
    ...missing(["memory", "energy"], memory.energy, "5pJ/B"),
    ...missing(["offChip", "energy"], offChip.energy, "8pJ/bit"),
    ...missing(["compute", "energy"], compute.energy, "0.3pJ/MAC"),
  ];
}

function facts({ clock, memory, offChip, compute, precision, weights, inPlace, sources }: ScratchpadTarget): readonly Fact[] {
  const fact = (key: string, value: Fact["value"], unit = ""): Fact => ({
    key,
    value,
    unit,
    source: Object.hasOwn(sources, key) ? sources[key]! : "",
  });
  return [
    fact("clock", clock, frequency.unit),
    fact("memory.size", memory.size, typeof memory.size === "number" ? size.unit : ""),
    fact("memory.alignment", memory.alignment, size.unit),
    ...memory.reserved.flatMap(({ start, end }, i) => [
      { ...fact("memory.reserved", start, size.unit), key: `memory.reserved[${i}].start` },
      { ...fact("memory.reserved", end - start, size.unit), key: `memory.reserved[${i}].size` },
    ]),
    fact("memory.energy", memory.energy, energyPerByte.unit),
    fact("offChip.bandwidth", offChip.bandwidth, rate.unit),
    fact("offChip.energy", offChip.energy, energyPerByte.unit),
    fact("compute.macs", compute.macs, macRate.unit),
    fact("compute.vector", compute.vector, elementRate.unit),
    fact("compute.energy", compute.energy, energyPerMac.unit),
    ...(precision.activation ? [fact("precision.activation", precision.activation)] : []),
    ...(precision.weight ? [fact("precision.weight", precision.weight)] : []),
    fact("weights", weights),
    fact("inPlace", inPlace),
  ];
}
