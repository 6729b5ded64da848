import * as z from "zod";
import type { Fault } from "../../base/form.js";
import { LIBERTIES } from "./plan.js";

const index = z.int().min(0);
/** No axis and no loop is longer: what is checked about one grows with it. */
const length = z
  .int()
  .min(0)
  .max(2 ** 26);
const rate = z
  .number()
  .min(2 ** -20)
  .max(2 ** 44);
const offset = z
  .int()
  .min(-(2 ** 40))
  .max(2 ** 40);
const affine = z.object({ offset, terms: z.array(z.object({ loop: index, stride: offset })) });
const access = z.object({ tensor: index, indices: z.array(affine) });

/** Form of `Split`. */
export const splitForm = z.object({
  compute: z.object({ macs: rate, vector: rate, energy: z.number().min(0) }),
  tensors: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(["input", "weight", "computed"]),
      shape: z.array(length),
      bits: z.int().min(1).max(1024),
      starts: z.array(z.array(length).min(1)),
    }),
  ),
  operators: z.array(
    z.object({
      name: z.string(),
      inputs: z.array(index),
      weights: z.array(index),
      outputs: z.array(index),
      nests: z.array(
        z.object({
          kind: z.enum(["mac", "reduce", "pointwise"]),
          loops: z.array(z.object({ name: z.string(), size: length.min(1) })),
          reads: z.array(access),
          write: access,
        }),
      ),
      macs: index,
      may: z.array(z.enum(LIBERTIES)),
    }),
  ),
  outputs: z.array(index),
  contents: z.array(
    z.array(
      z.discriminatedUnion("kind", [
        z.object({ kind: z.enum(["slab", "sum"]), tensor: index, slab: index }),
        z.object({ kind: z.literal("rows"), tensor: index }),
      ]),
    ),
  ),
  parts: z.array(z.object({ operator: index, run: z.object({ loop: index, start: length, end: length }).optional() })),
});

type Form = z.infer<typeof splitForm>;

/** What the form alone cannot say: that indices exist, that slabs tile their tensors, that operators come after what they need. */
export function splitContradictions(split: Form, buffers: number, steps: number): readonly Fault[] {
  const { tensors, operators, outputs, contents, parts } = split;
  const counted = (path: string, list: readonly unknown[], count: number, of: string): readonly Fault[] =>
    list.length === count ? [] : [[path, `has ${list.length} entries, there are ${count} ${of}`]];
  const slabs = tensors.map(({ starts }) => starts.reduce((n, along) => n * along.length, 1));
  return [
    ...tensors.flatMap(({ shape, starts }, t) =>
      tiles(shape, starts) ? [] : [[`.tensors[${t}].starts`, "do not ascend from 0 within the shape"] as const],
    ),
    ...operatorFaults(split),
    ...outputs.flatMap((t, i) =>
      t < tensors.length ? [] : [[`.outputs[${i}]`, `names tensor ${t}, there are ${tensors.length}`] as const],
    ),
    ...counted(".contents", contents, buffers, "buffers"),
    ...contents.flatMap((list, b) =>
      list.flatMap((c): readonly Fault[] =>
        c.tensor < tensors.length && (c.kind === "rows" || c.slab < slabs[c.tensor]!)
          ? []
          : [[`.contents[${b}]`, "names a slab that there is not"]],
      ),
    ),
    ...counted(".parts", parts, steps, "steps"),
    ...parts.flatMap(({ operator, run }, s): readonly Fault[] => {
      const op = operators[operator];
      if (op === undefined) return [[`.parts[${s}]`, `names operator ${operator}, there are ${operators.length}`]];
      const loop = run === undefined ? undefined : op.nests[0]?.loops[run.loop];
      if (run === undefined || (loop !== undefined && run.start < run.end && run.end <= loop.size)) return [];
      return [[`.parts[${s}].run`, `is no run of iterations of operator ${op.name}`]];
    }),
  ];
}

const tiles = (shape: readonly number[], starts: readonly (readonly number[])[]): boolean =>
  shape.length === starts.length &&
  starts.every((along, a) => along[0] === 0 && along.every((start, i) => i === 0 || (start > along[i - 1]! && start < shape[a]!)));

function operatorFaults({ tensors, operators }: Form): readonly Fault[] {
  const known = new Set(tensors.flatMap(({ kind }, t) => (kind === "computed" ? [] : [t])));
  return operators.flatMap((op, o) => {
    const faults: Fault[] = [];
    const say = (path: string, message: string) => faults.push([`.operators[${o}]${path}`, message]);
    const operands = new Set([...op.inputs, ...op.weights]);
    for (const t of operands) if (!known.has(t)) say("", `needs tensor ${t}, which nothing before it makes`);
    for (const t of op.outputs) {
      if (tensors[t]?.kind !== "computed" || known.has(t)) say(".outputs", `names tensor ${t}, which is not its to make`);
      known.add(t);
    }
    op.nests.forEach(({ loops, reads, write }, n) => {
      const fits = ({ tensor, indices }: Form["operators"][number]["nests"][number]["write"]) =>
        indices.length === tensors[tensor]?.shape.length && indices.every(({ terms }) => terms.every(({ loop }) => loop < loops.length));
      const right = op.outputs.includes(write.tensor) && fits(write) && reads.every((read) => operands.has(read.tensor) && fits(read));
      if (!right) say(`.nests[${n}]`, "does not fit its tensors and loops");
      else if (op.may.includes("vanish") && reads.some(({ indices }) => indices.length !== write.indices.length))
        say(`.nests[${n}]`, "places an operand of another rank");
    });
    if (op.may.includes("look up") && !looksUp(op, tensors)) say(".may", "looks up, but not rows of one table by one tensor of indices");
    return faults;
  });
}

function looksUp({ inputs, weights, outputs }: Form["operators"][number], tensors: Form["tensors"]): boolean {
  const [indices, table, result] = [inputs, weights, outputs].map((ids) => (ids.length === 1 ? tensors[ids[0]!]?.shape : undefined));
  if (indices === undefined || table === undefined || result === undefined || table.length === 0) return false;
  return [...indices, ...table.slice(1)].join() === result.join();
}
