import { z } from "zod";
import { quantity, type Remark } from "./family.js";
import type { BufferSplit } from "./fusion-target.js";
import { DIRECTIONS, type Hierarchy, type Memory, type Role } from "./hierarchy.js";
import { cycleRate, energy, energyPerCycle, size } from "./units.js";

const ROLES = ["input", "weight", "output"] as const satisfies readonly Role[];
const WAYS = ROLES.flatMap((role) => DIRECTIONS.map((direction) => `${role}.${direction}` as const));

/** Keys of a target whose array is drawn as memories around lanes; see `Hierarchy`. */
export const hierarchyKeys = {
  axes: z
    .array(z.strictObject({ name: z.string().min(1), size: z.int().min(1).max(65_536) }))
    .min(1)
    .max(8)
    .optional()
    .meta({ description: "Axes of the array; its lanes are their product.", examples: [[{ name: "rows", size: 16 }]] }),
  memories: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        size: quantity(size, { positive: true })
          .optional()
          .meta({ description: "Of one instance. That of the outermost memories stands in `buffers`.", examples: ["64B"] }),
        read: quantity(energy),
        write: quantity(energy),
        access: quantity(size, { positive: true })
          .optional()
          .meta({
            description: "Size of the access that `read` and `write` are the energy of; a whole port when absent.",
            examples: ["8B"],
          }),
        leakage: quantity(energyPerCycle).optional(),
        holds: z
          .array(z.enum(ROLES))
          .min(1)
          .meta({ examples: [["weight"]] }),
        shared: z
          .array(z.string())
          .default([])
          .meta({ description: "Axes over which one instance serves all lanes.", examples: [["rows"]] }),
        ports: z
          .array(
            z.strictObject({
              name: z.string().min(1),
              bandwidth: quantity(cycleRate, { positive: true }),
              granule: quantity(size, { positive: true })
                .optional()
                .meta({ description: "What a transfer is rounded up to; the bandwidth of a cycle when absent.", examples: ["1B"] }),
              serves: z
                .array(z.enum(WAYS))
                .min(1)
                .meta({ examples: [["weight.toBelow"]] }),
            }),
          )
          .min(1),
      }),
    )
    .min(1)
    .max(64)
    .optional()
    .meta({
      description: "From the array outwards. Those that hold a role are its levels; the outermost of each role is the on-chip buffer.",
    }),
};

type Axes = NonNullable<z.output<typeof hierarchyKeys.axes>>;
type Memories = NonNullable<z.output<typeof hierarchyKeys.memories>>;

/** Buffers of a target: the outermost memories take their sizes from them. */
export function hierarchyOf(name: string, axes: Axes, macEnergy: number, memories: Memories, buffers: BufferSplit): Hierarchy {
  const weights = outermost(memories, "weight");
  const size = (m: number) =>
    memories[m]!.size ?? (buffers.arrangement === "unified" ? buffers.size : m === weights ? buffers.weights : buffers.features);
  return { name, axes, macEnergy, memories: memories.map((memory, m) => memoryOf(memory, size(m), axes)) };
}

function memoryOf({ name, read, write, access, leakage, holds, shared, ports }: Memories[number], bytes: number, axes: Axes): Memory {
  return {
    name,
    size: bytes * 8,
    energy: { read, write },
    ...(access !== undefined && { accessBits: access * 8 }),
    ...(leakage !== undefined && { leakage }),
    roles: holds,
    ports: ports.map(({ name, bandwidth, granule, serves }) => ({
      name,
      bandwidth: { min: (granule ?? bandwidth) * 8, max: bandwidth * 8 },
      serves: serves.map((way) => {
        const [role, direction] = way.split(".") as [Role, (typeof DIRECTIONS)[number]];
        return { role, direction };
      }),
    })),
    serves: shared.map((axis) => axes.findIndex((other) => other.name === axis)),
  };
}

/** Parts of a hierarchy that do not fit each other or the buffers: TGT-9. */
export function hierarchyContradictions(axes: Axes, memories: Memories, arrangement: BufferSplit["arrangement"]): readonly Remark[] {
  const refuse = (path: Remark["path"], message: string, fix: string): Remark => ({
    path: ["array", ...path],
    code: "TGT-9",
    message,
    fix,
  });
  const names = axes.map(({ name }) => name);
  const [inputs, weights, outputs] = ROLES.map((role) => outermost(memories, role));
  const everyRole = [inputs, weights, outputs].every((m) => m !== -1);
  const together = arrangement === "unified" ? inputs === weights && inputs === outputs : inputs === outputs && inputs !== weights;
  return [
    ...(together || !everyRole
      ? []
      : [
          refuse(
            ["memories"],
            arrangement === "unified"
              ? "no single memory is the outermost of all three roles"
              : "inputs and outputs do not share their outermost memory, apart from weights",
            "let the outermost memories be the buffers of the target, or change buffers.arrangement",
          ),
        ]),
    ...memories.flatMap(({ size }, m) =>
      (size === undefined) === [inputs, weights, outputs].includes(m)
        ? []
        : [
            size === undefined
              ? refuse(["memories", m], "a memory inside the buffers without a size", "add size")
              : refuse(["memories", m, "size"], "a second size of the on-chip buffer", "leave it out; the size stands in buffers"),
          ],
    ),
    ...twice(names).map((i) => refuse(["axes", i, "name"], `two axes are named ${names[i]}`, "give each axis a name of its own")),
    ...twice(memories.map(({ name }) => name)).map((i) =>
      refuse(["memories", i, "name"], `two memories are named ${memories[i]!.name}`, "give each memory a name of its own"),
    ),
    ...ROLES.filter((role) => !memories.some(({ holds }) => holds.includes(role))).map((role) =>
      refuse(["memories"], `no memory holds ${role}`, `add ${role} to the memories that hold it`),
    ),
    ...memories.flatMap(({ holds, shared, ports }, m) => [
      ...shared.flatMap((axis, i) =>
        names.includes(axis)
          ? []
          : [refuse(["memories", m, "shared", i], `${axis} is no axis of the array`, `use one of ${names.join(", ")}`)],
      ),
      ...ports.flatMap(({ bandwidth, granule }, p) => {
        const bits = bandwidth * 8;
        const least = (granule ?? bandwidth) * 8;
        return Number.isInteger(bits) && bits % least === 0
          ? []
          : [
              refuse(
                ["memories", m, "ports", p, "bandwidth"],
                `${bits} bit per cycle in granules of ${least} bit`,
                "choose a bandwidth that is a multiple of the granule",
              ),
            ];
      }),
      ...holds.flatMap((role) => {
        const served = ports.flatMap(({ serves }) => serves);
        return needed(memories, role, m).flatMap((direction) =>
          served.includes(`${role}.${direction}`)
            ? []
            : [refuse(["memories", m, "ports"], `no port serves ${role}.${direction}`, `add ${role}.${direction} to one of the ports`)],
        );
      }),
    ]),
  ];
}

/** Ways that data of a role pass the memory: inputs and weights come down, results go up and come back while partial. */
function needed(memories: Memories, role: Role, m: number): readonly (typeof DIRECTIONS)[number][] {
  const last = outermost(memories, role) === m;
  if (role !== "output") return last ? ["toBelow"] : ["toBelow", "fromAbove"];
  return last ? ["toBelow", "fromBelow"] : ["toBelow", "fromBelow", "toAbove", "fromAbove"];
}

/** The on-chip buffer of a role: the outermost memory that holds it. */
const outermost = (memories: Memories, role: Role): number => memories.findLastIndex(({ holds }) => holds.includes(role));

/** Places of names that stand further up already. */
const twice = (names: readonly string[]): readonly number[] => names.flatMap((name, i) => (names.indexOf(name) < i ? [i] : []));
