import { expect } from "vitest";
import { iterations, type LoopNest } from "../src/graph/loops.js";
import { buildNests } from "../src/onnx/nests.js";
import type { NodeView, Value } from "../src/onnx/node.js";

/** Shapes of inputs and outputs are given; tensor ids are 0, 1 ... for inputs and 100, 101 ... for outputs. */
export interface Node {
  readonly type: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  readonly inputs: readonly (readonly number[] | undefined)[];
  /** Values of constant integer inputs, by input. */
  readonly data?: Readonly<Record<number, readonly number[]>>;
  readonly outputs: readonly (readonly number[])[];
}

const value = (shape: readonly (number | null)[], data?: readonly number[]): Value => ({
  kind: "tensor",
  elementType: data ? "int64" : "float32",
  shape,
  constant: data !== undefined,
  ...(data ? { data: data.map(BigInt) } : {}),
});

/** The nests of a node. */
export function nestsOf({ type, domain = "", opset = 17, attributes = {}, inputs, data = {}, outputs }: Node): readonly LoopNest[] {
  const absent = () => undefined;
  const view: NodeView = {
    type,
    domain,
    opset,
    name: type,
    inputs: inputs.map((shape, i) => shape && value(shape, data[i])),
    outputs: outputs.length,
    wants: (o) => o < outputs.length,
    int: (a) => attributes[a] as number | undefined,
    float: (a) => attributes[a] as number | undefined,
    string: (a) => attributes[a] as string | undefined,
    ints: (a) => attributes[a] as readonly number[] | undefined,
    floats: (a) => attributes[a] as readonly number[] | undefined,
    strings: absent,
    tensor: absent,
    attributes: Object.keys(attributes),
    subgraph: absent,
  };
  return buildNests(
    view,
    outputs.map((shape) => value(shape)),
    (i) => i,
    (o) => 100 + o,
  );
}

export const macsOf = (nests: readonly LoopNest[]): number =>
  nests.filter((nest) => nest.kind === "mac").reduce((n, nest) => n + iterations(nest), 0);

export interface Run {
  readonly values: readonly number[];
  readonly writes: readonly number[];
}

export const size = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);

/** Row-major position, or undefined outside the tensor. */
export function position(shape: readonly number[], at: readonly number[]): number | undefined {
  let p = 0;
  for (const [i, dim] of shape.entries()) {
    const index = at[i] ?? Number.NaN;
    if (!(index >= 0 && index < dim)) return undefined;
    p = p * dim + index;
  }
  return p;
}

/** `y += reads[0] · reads[1]` for mac nests, `y += reads[0]` for the others. What lies outside a tensor is 0 and not written. */
export function run(
  nests: readonly LoopNest[],
  tensors: ReadonlyMap<number, { shape: readonly number[]; values: number[] }>,
  output = 100,
): Run {
  const target = tensors.get(output)!;
  const values = new Array<number>(size(target.shape)).fill(0);
  const writes = new Array<number>(values.length).fill(0);
  for (const nest of nests) {
    if (nest.write.tensor !== output) continue;
    const at = nest.loops.map(() => 0);
    for (let left = iterations(nest); left > 0; left--) {
      const place = (access: LoopNest["write"]) => {
        const { shape } = tensors.get(access.tensor)!;
        return position(
          shape,
          access.indices.map(({ offset, terms }) => terms.reduce((n, { loop, stride }) => n + stride * at[loop]!, offset)),
        );
      };
      const factors = nest.kind === "mac" ? nest.reads.slice(0, 2) : nest.reads.slice(0, 1);
      const product = factors.reduce((n, access) => n * (tensors.get(access.tensor)!.values[place(access) ?? -1] ?? 0), 1);
      const to = place(nest.write);
      if (to !== undefined) {
        values[to]! += product;
        writes[to]!++;
      }
      for (let i = at.length - 1; i >= 0; i--) {
        if (++at[i]! < nest.loops[i]!.size) break;
        at[i] = 0;
      }
    }
  }
  return { values, writes };
}

/** Fills tensors with small distinct-looking whole numbers, so that sums are exact. */
export function tensorsOf(node: Node): Map<number, { shape: readonly number[]; values: number[] }> {
  const map = new Map<number, { shape: readonly number[]; values: number[] }>();
  node.inputs.forEach((shape, i) => {
    if (shape) map.set(i, { shape, values: Array.from({ length: size(shape) }, (_, k) => ((k * 7919 + i * 31) % 23) - 11) });
  });
  node.outputs.forEach((shape, o) => {
    map.set(100 + o, { shape, values: new Array<number>(size(shape)).fill(0) });
  });
  return map;
}

/** All index vectors of a shape in row-major order. */
export const points = (shape: readonly number[]): readonly (readonly number[])[] =>
  shape.reduce<readonly (readonly number[])[]>((list, dim) => list.flatMap((p) => Array.from({ length: dim }, (_, i) => [...p, i])), [[]]);

/** Runs the nests of `node` and compares with `define`, the operator's definition per output element. */
export function check(
  node: Node,
  define: (at: readonly number[], x: (input: number, at: readonly number[]) => number) => number,
  perElement?: number,
): void {
  const nests = nestsOf(node);
  expect(nests.length).toBeGreaterThan(0);
  const tensors = tensorsOf(node);
  const { values, writes } = run(nests, tensors);
  const x = (input: number, at: readonly number[]) => {
    const t = tensors.get(input)!;
    return t.values[position(t.shape, at) ?? -1] ?? 0;
  };
  expect(values).toEqual(points(node.outputs[0]!).map((at) => define(at, x)));
  // Every output element is written once per point of its reduction.
  if (perElement !== undefined) expect(new Set(writes)).toEqual(new Set([perElement]));
}
