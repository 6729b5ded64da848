import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { NestMapping, NestProblem } from "../../src/cost/nest/problem.js";
import type { Hierarchy, Memory, Role } from "../../src/target/hierarchy.js";

interface Component {
  readonly name: string;
  readonly class: string;
  readonly attributes: Readonly<Record<string, number | string | boolean | null>>;
}
interface Node {
  readonly local?: readonly Component[];
  readonly subtree?: readonly Node[];
}
type Terms = readonly (readonly string[])[];
interface Shape {
  readonly dimensions: readonly string[];
  readonly coefficients?: readonly { readonly name: string; readonly default?: number }[];
  readonly data_spaces: readonly { readonly name: string; readonly projection: readonly Terms[]; readonly read_write?: boolean }[];
}

/** A level of `*.map.txt`, outermost first: what it keeps, and the loops written under it, outermost first. */
interface MapLevel {
  readonly name: string;
  readonly keeps: readonly string[];
  readonly loops: readonly { readonly dimension: string; readonly size: number; readonly spatial: boolean }[];
}

export interface TimeloopRun {
  readonly problem: NestProblem;
  readonly hierarchy: Hierarchy;
  readonly mapping: NestMapping;
  /** Data space of each operand. */
  readonly names: readonly string[];
}

/** Architecture, problem, energy table and mapping of a folder of Timeloop's raw output. Words stand for bits. */
export function timeloopRun(folder: string): TimeloopRun {
  const text = (end: string) => readFileSync(join(folder, readdirSync(folder).find((file) => file.endsWith(end))!), "utf8");
  const input = parse(text("parsed-processed-input.yaml")) as {
    architecture: Node;
    problem: { shape: Shape; instance: Record<string, number> };
  };
  const { shape, instance } = input.problem;
  const components = new Map(componentsOf(input.architecture).map((component) => [bare(component.name), component]));
  const energies = energyTable(text("ERT_summary.yaml"));
  const levels = mapLevels(text(".map.txt"));
  const roles = new Map<string, Role>([
    ...shape.data_spaces.filter(({ read_write }) => read_write).map(({ name }) => [name, "output"] as const),
    ...shape.data_spaces.filter(({ read_write }) => !read_write).map(({ name }, i) => [name, (["input", "weight"] as const)[i]!] as const),
  ]);
  const names = [...roles.keys()];

  // One axis of lanes per level that unrolls; the levels above it and itself serve it.
  const unrolled = levels.flatMap(({ loops }, level) => (loops.some(({ spatial }) => spatial) ? [level] : []));
  const lanes = (level: number) => levels[level]!.loops.filter(({ spatial }) => spatial);
  const memories = levels.flatMap(({ name, keeps }, level): readonly (Memory & { readonly level: number })[] => {
    if (keeps.length === 0) return [];
    const memory = memoryOf(
      components.get(name)!,
      energies.get(name) ?? new Map(),
      keeps.map((space) => roles.get(space)!),
    );
    return [{ ...memory, serves: unrolled.flatMap((at, axis) => (at >= level ? [axis] : [])), level }];
  });
  const array = [...energies.values()].find((actions) => actions.has("compute"));
  const size = (dimension: string) => instance[dimension] ?? 1;
  const loop = (dimension: string) => shape.dimensions.indexOf(dimension);
  const coefficient = (name: string) => instance[name] ?? shape.coefficients?.find((c) => c.name === name)?.default ?? 1;

  const inside = levels.toReversed();
  const temporal = inside.flatMap(({ loops }) =>
    loops
      .filter(({ spatial }) => !spatial)
      .toReversed()
      .map(({ dimension, size: steps }) => ({ loop: loop(dimension), size: steps })),
  );
  /** Temporal loops at and inside a level. */
  const spanned = (level: number) => levels.slice(level).reduce((n, { loops }) => n + loops.filter(({ spatial }) => !spatial).length, 0);
  return {
    names,
    problem: {
      loops: shape.dimensions.map((name) => ({ name, size: size(name) })),
      operands: names.map((name) => {
        const indices = shape.data_spaces
          .find((space) => space.name === name)!
          .projection.map((terms) => ({
            offset: 0,
            terms: terms.map(([dimension, ...factors]) => ({
              loop: loop(dimension!),
              stride: factors.reduce((n, factor) => n * coefficient(factor), 1),
            })),
          }));
        return {
          role: roles.get(name)!,
          indices,
          shape: indices.map(({ terms }) => terms.reduce((n, { loop: l, stride }) => n + (size(shape.dimensions[l]!) - 1) * stride, 1)),
          bits: 1,
        };
      }),
    },
    hierarchy: {
      name: folder,
      axes: unrolled.map((level) => ({ name: levels[level]!.name, size: lanes(level).reduce((n, l) => n * l.size, 1) })),
      macEnergy: array?.get("compute") ?? 0,
      memories: memories.toReversed(),
    },
    mapping: {
      spatial: unrolled.flatMap((level, axis) => lanes(level).map((l) => ({ axis, loop: loop(l.dimension), factor: l.size }))),
      temporal,
      cuts: names.map((name) => {
        const own = memories.filter(({ roles: kept }) => kept.includes(roles.get(name)!)).toReversed();
        return own.map(({ level }, m) => (m === own.length - 1 ? temporal.length : spanned(level)));
      }),
    },
  };
}

const bare = (name: string): string => name.replace(/\[.*$/, "").replace(/^.*\./, "");

const componentsOf = ({ local = [], subtree = [] }: Node): readonly Component[] => [...local, ...subtree.flatMap(componentsOf)];

function energyTable(text: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const { ERT_summary: summary } = parse(text) as {
    ERT_summary: { table_summary: { name: string; actions: { name: string; energy: number }[] }[] };
  };
  return new Map(
    summary.table_summary.map(({ name, actions }) => [bare(name), new Map(actions.map((action) => [action.name, action.energy]))]),
  );
}

function memoryOf({ name, attributes }: Component, energies: ReadonlyMap<string, number>, roles: readonly Role[]): Memory {
  const number = (key: string) => (typeof attributes[key] === "number" ? attributes[key] : undefined);
  const block = number("block_size") ?? (number("width") ?? 1) / (number("datawidth") ?? 1) / (number("cluster_size") ?? 1);
  const depth = number("depth");
  const port = (key: string, directions: readonly ("toBelow" | "fromBelow" | "toAbove" | "fromAbove")[]) => ({
    name: key,
    bandwidth: { min: 1, max: number(key) ?? Number.MAX_SAFE_INTEGER },
    serves: roles.flatMap((role) => directions.map((direction) => ({ role, direction }))),
  });
  return {
    name: bare(name),
    size: depth === undefined ? Number.MAX_SAFE_INTEGER : depth * block,
    energy: { read: energies.get("read") ?? 0, write: energies.get("write") ?? 0 },
    leakage: energies.get("leak") ?? 0,
    accessBits: block,
    roles,
    serves: [],
    ports: [
      ...(number("shared_bandwidth") === undefined ? [] : [port("shared_bandwidth", ["toBelow", "fromBelow", "toAbove", "fromAbove"])]),
      port("read_bandwidth", ["toBelow", "toAbove"]),
      port("write_bandwidth", ["fromBelow", "fromAbove"]),
    ],
  };
}

function mapLevels(text: string): readonly MapLevel[] {
  const levels: { name: string; keeps: string[]; loops: { dimension: string; size: number; spatial: boolean }[] }[] = [];
  for (const line of text.split("\n")) {
    const header = /^(\w+) \[(.*)\]\s*$/.exec(line);
    if (header) levels.push({ name: header[1]!, keeps: [...header[2]!.matchAll(/(\w+):/g)].map(([, space]) => space!), loops: [] });
    const loop = /for (\w+) in \[0:(\d+)\)(.*)$/.exec(line);
    if (loop) levels.at(-1)!.loops.push({ dimension: loop[1]!, size: Number(loop[2]), spatial: loop[3]!.includes("Spatial") });
  }
  return levels;
}
