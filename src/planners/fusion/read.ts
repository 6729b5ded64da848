import * as z from "zod";
import { type Checked, good } from "../../base/diagnostic.js";
import { type Fault, readForm } from "../../base/form.js";
import { MOST_LEVELS } from "../../cost/nest/prepare.js";
import { DIRECTIONS } from "../../target/hierarchy.js";
import { type FusionProblem, OBJECTIVES, OVERLAPS } from "./plan.js";

/**
 * Takes a problem from outside (a plan file, another tool) as what it claims to be: of the right form, with indices that
 * exist, layers in an order in which their maps exist, and sizes that can be counted exactly.
 *
 * @param where names the place in messages, e.g. `plan.json: problem`.
 * @returns the problem, or every fault (at most 20) as FUS-1.
 */
export function readProblem(data: unknown, where: string): Checked<FusionProblem> {
  const read = readForm(problem, contradictions, data, where, "FUS-1");
  return read.ok ? good(data as FusionProblem) : read; // the schema says the same, without the brands of units
}

/** Sums over a whole network stay exact below 2^53, so one size has to stay well below; positions fit 32 bits. */
const size = z
  .int()
  .min(0)
  .max(2 ** 44);
const length = z
  .int()
  .min(1)
  .max(2 ** 24);
const offset = z
  .int()
  .min(-(2 ** 24))
  .max(2 ** 24);
const rate = z
  .number()
  .min(2 ** -20)
  .max(2 ** 44);
const energy = z
  .number()
  .min(0)
  .max(2 ** 60);
const count = z
  .int()
  .min(1)
  .max(2 ** 20);
const bits = z.int().min(1).max(128);
const name = z.string();

/** Where results lie further apart than a kernel reaches, in a transposed convolution, those in between need nothing: there `extent` is at most 0. */
const window = z
  .object({
    stride: z
      .int()
      .min(0)
      .max(2 ** 24),
    extent: offset,
    before: offset,
    repeat: length,
  })
  .refine(({ extent, repeat }) => extent + repeat > 1, { error: "none of its positions needs anything", path: ["extent"] });
const bandwidth = z
  .int()
  .min(1)
  .max(2 ** 44);
const role = z.enum(["input", "weight", "output"]);
const axisIndex = z.int().min(0).max(7);
const hierarchy = z.object({
  name,
  axes: z
    .array(z.object({ name, size: count }))
    .min(1)
    .max(8),
  macEnergy: energy,
  memories: z
    .array(
      z.object({
        name,
        size: size.min(1),
        energy: z.object({ read: energy, write: energy }),
        accessBits: bandwidth.optional(),
        leakage: energy.optional(),
        roles: z.array(role).min(1),
        ports: z.array(
          z.object({
            name,
            bandwidth: z.object({ min: bandwidth, max: bandwidth }),
            serves: z.array(z.object({ role, direction: z.enum(DIRECTIONS) })),
          }),
        ),
        serves: z.array(axisIndex),
      }),
    )
    .min(1)
    .max(MOST_LEVELS),
});

const windows = z.object({ y: window, x: window });
const plane = z.object({ height: length, width: length });
const array = z.discriminatedUnion("template", [
  z.object({ template: z.literal("vwa"), blocks: count, rows: count, columns: count }),
  z.object({ template: z.literal("row-stationary"), rows: count, columns: count, bufferRate: rate }),
  z.object({ template: z.literal("nvdla"), outputs: count, inputs: count }),
  z.object({
    template: z.literal("systolic"),
    rows: count,
    columns: count,
    dataflow: z.enum(["output-stationary", "weight-stationary"]),
  }),
  z.object({ template: z.literal("custom"), hierarchy }),
]);

const problem = z.object({
  kind: z.literal("fusion"),
  objective: z.enum(OBJECTIVES),
  machine: z.object({
    clock: rate,
    array,
    buffers: z.discriminatedUnion("arrangement", [
      z.object({ arrangement: z.literal("unified"), size, staging: size }),
      z.object({ arrangement: z.literal("split"), features: size, weights: size }),
    ]),
    accumulatorBits: bits,
    vector: rate,
    offChipRate: rate,
    offChipEnergy: energy,
    energy: z.object({ mac: energy, buffer: energy, busy: energy, stalled: energy }),
  }),
  maps: z.array(z.object({ name, channels: length, height: length, width: length, bits, kind: z.enum(["input", "activation", "output"]) })),
  layers: z.array(
    z.object({
      name,
      type: name,
      operators: z.array(name),
      kind: z.enum(["mac", "vector", "move"]),
      reads: z.array(windows.extend({ map: size })),
      writes: size,
      computed: plane,
      pooling: windows.optional(),
      shape: z.object({
        outputs: size.min(1),
        inputs: size.min(1),
        groups: size.min(1),
        kernel: plane,
        stride: z.object({ y: length, x: length }),
      }),
      weights: size,
      factorBits: bits.optional(),
    }),
  ),
  modes: z.array(z.enum(OVERLAPS)).min(1),
  assumptions: z.array(name),
});

/** What the form alone cannot say: indices, each map written once and before it is read, computed planes. */
function contradictions({ machine, maps, layers }: z.infer<typeof problem>): Fault[] {
  const faults: Fault[] = machine.array.template === "custom" ? hierarchyFaults(machine.array.hierarchy) : [];
  const written = new Set(maps.flatMap(({ kind }, m) => (kind === "input" ? [m] : [])));
  layers.forEach((layer, l) => {
    const at = `.layers[${l}]`;
    const to = maps[layer.writes];
    const ids = layer.reads.map(({ map }) => map);
    const stray = [...ids, layer.writes].find((m) => m >= maps.length);
    if (stray !== undefined) faults.push([at, `names map ${stray}, there are ${maps.length}`]);
    if (new Set(ids).size !== ids.length) faults.push([`${at}.reads`, "names a map twice"]);
    const early = ids.find((m) => m < maps.length && !written.has(m));
    if (early !== undefined) faults.push([`${at}.reads`, `reads map ${early} before a layer writes it`]);
    const { outputs, inputs, groups } = layer.shape;
    if (layer.kind === "mac" && (outputs % groups !== 0 || inputs % groups !== 0))
      faults.push([`${at}.shape`, `${outputs} outputs and ${inputs} inputs in ${groups} groups`]);
    if (written.has(layer.writes)) faults.push([`${at}.writes`, `map ${layer.writes} is written before, or is an input`]);
    written.add(layer.writes);
    const { height, width } = layer.computed;
    if (to !== undefined && layer.pooling === undefined && (to.height !== height || to.width !== width))
      faults.push([`${at}.computed`, `${height} x ${width} are computed and ${to.height} x ${to.width} written, without a pooling`]);
  });
  maps.forEach((_, m) => {
    if (!written.has(m)) faults.push([`.maps[${m}]`, "no layer writes it and it is no input"]);
  });
  return faults;
}

/** Memories without which a role cannot be had, axes that are not there, ports that do not serve. */
function hierarchyFaults({ axes, memories }: z.infer<typeof hierarchy>): Fault[] {
  const at = ".machine.array.hierarchy.memories";
  const ways = (m: number, r: string, last: boolean) => {
    const needed =
      r === "output" ? ["toBelow", "fromBelow", ...(last ? [] : ["toAbove", "fromAbove"])] : ["toBelow", ...(last ? [] : ["fromAbove"])];
    const served = memories[m]!.ports.flatMap(({ serves }) =>
      serves.flatMap(({ role, direction }) => (role === r ? [direction as string] : [])),
    );
    return needed.filter((way) => !served.includes(way));
  };
  return [
    ...role.options.flatMap((r): Fault[] => {
      const levels = memories.flatMap(({ roles }, m) => (roles.includes(r) ? [m] : []));
      if (levels.length === 0) return [[at, `none holds ${r}`]];
      return levels.flatMap((m) => ways(m, r, m === levels.at(-1)).map((way): Fault => [`${at}[${m}].ports`, `none serves ${r}.${way}`]));
    }),
    ...memories.flatMap(({ serves, ports }, m): Fault[] => [
      ...serves.flatMap((axis): Fault[] =>
        axis < axes.length ? [] : [[`${at}[${m}].serves`, `names axis ${axis}, there are ${axes.length}`]],
      ),
      ...ports.flatMap(({ bandwidth: { min, max } }, i): Fault[] =>
        max % min === 0 ? [] : [[`${at}[${m}].ports[${i}]`, `${max} bit per cycle in granules of ${min} bit`]],
      ),
    ]),
  ];
}
