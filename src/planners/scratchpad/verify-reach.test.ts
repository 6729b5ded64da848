import { expect, test } from "vitest";
import { type Rng, rng } from "../../base/rng.js";
import type { LoopNest } from "../../graph/loops.js";
import { type Box, elementsIn, elementsWithin, iterationsInto, regionOf, volume } from "./verify-reach.js";

/** Up to three loops; one axis written by one or two of them, with strides that overlap, leave holes or go backwards, and one read. */
function randomNest(random: Rng): LoopNest {
  const below = (n: number) => Math.floor(random() * n);
  const loops = Array.from({ length: 3 }, (_, l) => ({ name: `l${l}`, size: 1 + below(5) }));
  const stride = () => [1, 2, 3, -1, -2][below(5)]!;
  const terms = (...chosen: readonly number[]) => chosen.map((loop) => ({ loop, stride: stride() }));
  const index = (...chosen: readonly number[]) => ({ offset: below(9) - 4, terms: terms(...chosen) });
  const writes = random() < 0.5 ? [index(0, 1)] : [index(0), index(1)];
  return {
    kind: "mac",
    loops,
    write: { tensor: 0, indices: writes },
    reads: [{ tensor: 1, indices: [index(0, 2), index(1)] }],
  };
}

function* points(loops: LoopNest["loops"], at: readonly number[] = []): Generator<readonly number[]> {
  const loop = loops[at.length];
  if (loop === undefined) yield at;
  else for (let x = 0; x < loop.size; x++) yield* points(loops, [...at, x]);
}

const valueAt = ({ offset, terms }: LoopNest["write"]["indices"][number], at: readonly number[]) =>
  terms.reduce((n, { loop, stride }) => n + stride * at[loop]!, offset);

const isIn = (at: readonly number[], { start, end }: Box) => at.every((n, a) => n >= start[a]! && n < end[a]!);

test.each(Array.from({ length: 300 }, (_, seed) => seed))("iterations and elements are those that enumeration finds, seed %i", (seed) => {
  const random = rng(seed);
  const nest = randomNest(random);
  const start = nest.write.indices.map(() => Math.floor(random() * 8) - 4);
  const ends = start.map((n) => n + 1 + Math.floor(random() * 6));
  const box = { start: random() < 0.2 ? start.map(() => Number.NEGATIVE_INFINITY) : start, end: ends };
  const run = random() < 0.5 ? undefined : { loop: 2, start: 0, end: Math.ceil(nest.loops[2]!.size / 2) };

  const found = iterationsInto(nest, box, run);
  const wanted = [...points(nest.loops)].filter(
    (at) =>
      isIn(
        nest.write.indices.map((index) => valueAt(index, at)),
        box,
      ) &&
      (run === undefined || at[2]! < run.end),
  );
  expect(found.reduce((n, ranges) => n + volume(ranges), 0)).toBe(wanted.length);
  for (const at of wanted) expect(found.filter((ranges) => isIn(at, ranges))).toHaveLength(1);

  const shape = [7, 4];
  for (const ranges of found) {
    const inside = [...points(nest.loops)].filter((at) => isIn(at, ranges));
    const region = regionOf(nest.reads[0]!, ranges, shape);
    // Axes that share no loop: the elements read are all combinations.
    const along = nest.reads[0]!.indices.map(
      (index, a) => new Set(inside.map((at) => valueAt(index, at)).filter((n) => n >= 0 && n < shape[a]!)),
    );
    expect(elementsIn(region)).toBe(along[0]!.size * along[1]!.size);
    const part = { start: [2, 1], end: [5, 3] };
    const count = along.map((values, a) => [...values].filter((n) => n >= part.start[a]! && n < part.end[a]!).length);
    expect(elementsWithin(region, part)).toBe(count[0]! * count[1]!);
  }
});
