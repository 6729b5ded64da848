import { rng } from "../src/base/rng.js";
import type { NestMapping, NestOperand, NestProblem } from "../src/cost/nest/problem.js";
import type { AffineIndex } from "../src/graph/loops.js";
import { DIRECTIONS, type Hierarchy, levelsOf, type Memory, type Role } from "../src/target/hierarchy.js";

export interface RandomNest {
  readonly problem: NestProblem;
  readonly hierarchy: Hierarchy;
  readonly mapping: NestMapping;
}

/** A small convolution or matrix product with padding, strides and dilation, on a random hierarchy, run in a random way. */
export function randomNest(seed: number): RandomNest {
  const random = rng(seed);
  const below = (n: number) => Math.floor(random() * n);
  const problem = below(4) === 0 ? matrixProduct(below) : convolution(below);
  const hierarchy = randomHierarchy(below);
  return { problem, hierarchy, mapping: randomMapping(problem, hierarchy, below) };
}

type Below = (n: number) => number;

const index = (...terms: readonly (readonly [loop: number, stride: number])[]): AffineIndex => ({
  offset: 0,
  terms: terms.map(([loop, stride]) => ({ loop, stride })),
});

function matrixProduct(below: Below): NestProblem {
  const [m, k, n] = [1 + below(6), 1 + below(6), 1 + below(6)];
  const operand = (role: Role, a: number, b: number, shape: readonly number[]): NestOperand => ({
    role,
    indices: [index([a, 1]), index([b, 1])],
    shape,
    bits: 8,
    ...(role === "output" && { partialBits: 16 }),
  });
  return {
    loops: [
      { name: "N", size: m },
      { name: "K", size: n },
      { name: "C", size: k },
    ],
    operands: [operand("output", 0, 1, [m, n]), operand("input", 0, 2, [m, k]), operand("weight", 2, 1, [k, n])],
  };
}

function convolution(below: Below): NestProblem {
  const [k, c, oy, ox, fy, fx] = [1 + below(4), 1 + below(3), 1 + below(3), 1 + below(7), 1 + below(2), 1 + below(4)];
  const window = (o: number, f: number, positions: number, kernel: number): readonly [AffineIndex, number] => {
    const [stride, dilation, before, after] = [1 + below(3), 1 + below(2), below(kernel), below(kernel)];
    const size = Math.max(1, (positions - 1) * stride + (kernel - 1) * dilation + 1 - before - after);
    return [{ ...index([o, stride], [f, dilation]), offset: -before }, size];
  };
  const [y, height] = window(2, 4, oy, fy);
  const [x, width] = window(3, 5, ox, fx);
  return {
    loops: [
      { name: "K", size: k },
      { name: "C", size: c },
      { name: "OY", size: oy },
      { name: "OX", size: ox },
      { name: "FY", size: fy },
      { name: "FX", size: fx },
    ],
    operands: [
      { role: "output", indices: [index([0, 1]), index([2, 1]), index([3, 1])], shape: [k, oy, ox], bits: 8, partialBits: 24 },
      { role: "input", indices: [index([1, 1]), y, x], shape: [c, height, width], bits: 8 },
      { role: "weight", indices: [index([0, 1]), index([1, 1]), index([4, 1]), index([5, 1])], shape: [k, c, fy, fx], bits: 8 },
    ],
  };
}

function randomHierarchy(below: Below): Hierarchy {
  const roles: readonly Role[] = ["output", "input", "weight"];
  const axes = Array.from({ length: below(3) }, (_, i) => ({ name: `A${i}`, size: 1 + below(4) }));
  const inner = Array.from({ length: below(4) }, (): readonly Role[] => roles.filter(() => below(2) === 0)).filter((r) => r.length > 0);
  let serves: readonly number[] = [];
  return {
    name: "random",
    axes,
    macEnergy: 1,
    memories: [...inner, roles].map((own, i): Memory => {
      serves = [...serves, ...axes.keys()].filter((axis, at, all) => all.indexOf(axis) === at && (serves.includes(axis) || below(2) === 0));
      const max = 8 << below(4);
      const bandwidth = { min: Math.min(8, max), max };
      const links = own.flatMap((role) => DIRECTIONS.map((direction) => ({ role, direction })));
      const split = below(2) === 0;
      const port = (name: string, which: (direction: string) => boolean) => ({
        name,
        bandwidth,
        serves: links.filter(({ direction }) => which(direction)),
      });
      return {
        name: `M${i}`,
        size: 64 << below(8),
        energy: { read: 1 + below(5), write: 1 + below(5) },
        roles: own,
        serves,
        ports: split ? [port("read", (d) => d.startsWith("to")), port("write", (d) => d.startsWith("from"))] : [port("both", () => true)],
      };
    }),
  };
}

function randomMapping({ loops, operands }: NestProblem, hierarchy: Hierarchy, below: Below): NestMapping {
  const spatial: { axis: number; loop: number; factor: number }[] = [];
  hierarchy.axes.forEach(({ size }, axis) => {
    let room = size;
    for (let tries = 0; tries < 2; tries++) {
      const loop = below(loops.length);
      const used = spatial.reduce((n, lane) => (lane.loop === loop ? n * lane.factor : n), 1);
      const factor = 1 + below(Math.min(room, Math.max(1, Math.floor(loops[loop]!.size / used))));
      if (factor > 1 && !spatial.some((lane) => lane.axis === axis && lane.loop === loop)) {
        spatial.push({ axis, loop, factor });
        room = Math.floor(room / factor);
      }
    }
  });
  const temporal: { loop: number; size: number }[] = [];
  loops.forEach(({ size }, loop) => {
    let rest = Math.ceil(size / spatial.reduce((n, lane) => (lane.loop === loop ? n * lane.factor : n), 1));
    for (let factor = 2; rest > 1; factor++) {
      for (; rest % factor === 0; rest /= factor) temporal.push({ loop, size: factor });
    }
  });
  for (let i = temporal.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [temporal[i], temporal[j]] = [temporal[j]!, temporal[i]!];
  }
  return {
    spatial,
    temporal,
    cuts: operands.map(({ role }) => {
      const levels = levelsOf(hierarchy, role).length;
      const cuts = Array.from({ length: levels - 1 }, () => below(temporal.length + 1)).sort((a, b) => a - b);
      return [...cuts, temporal.length];
    }),
  };
}
