import { describe, expect, test } from "vitest";
import { randomFusion } from "../../../test/random-fusion.js";
import { type AxisMode, CUT, KEEP, makeBench, RECOMPUTE, sweep } from "./axis.js";
import { floorsOf } from "./bounds.js";
import { makeCosts } from "./costs.js";
import { membersOf } from "./members.js";
import type { FusionProblem, Layer, Window } from "./plan.js";
import { prepare } from "./prepare.js";

/** Rows of a 3x3 convolution with padding over 8 rows, in tiles of 4. */
const rows = (mode: AxisMode, layers = 1) => {
  const problem = chain(layers, 8);
  const prepared = prepare(problem);
  const members = membersOf(
    prepared,
    floorsOf(prepared, makeCosts(problem)),
    Int32Array.from(problem.layers, (_, l) => l),
  );
  return sweep(prepared, prepared.y, members, makeBench(problem.maps.length, problem.layers.length), 4, 8, mode);
};

function chain(count: number, height: number): FusionProblem {
  const base = randomFusion(1, 1);
  const layer = base.layers[0]!;
  const window: Window = { stride: 1, extent: 3, before: 1, repeat: 1 };
  const layers = Array.from({ length: count }, (_, l): Layer => {
    const reads = [{ map: l, y: window, x: window }];
    return { ...layer, kind: "mac", reads, writes: l + 1, computed: { height, width: height }, pooling: undefined };
  });
  const map = { ...base.maps[0]!, height, width: height };
  const maps = Array.from(
    { length: count + 1 },
    (_, m) => ({ ...map, kind: m === 0 ? "input" : m === count ? "output" : "activation" }) as const,
  );
  return { ...base, maps, layers };
}

describe("one axis in tiles", () => {
  // Rows 0..3 need rows -1..4 of the input, clipped 0..4; rows 4..7 need 3..8, clipped 3..7.
  test("recomputed: the halo is read twice", () => {
    const { mostFresh, sumFresh, kept } = rows(RECOMPUTE);
    expect([...mostFresh]).toEqual([5, 4]);
    expect([...sumFresh]).toEqual([10, 8]);
    expect([...kept]).toEqual([0, 0]);
  });

  test("kept: rows 3 and 4 wait for the second tile", () => {
    const { sumFresh, kept } = rows(KEEP);
    expect([...sumFresh]).toEqual([8, 8]);
    expect([...kept]).toEqual([2, 0]);
  });

  test("cut: nothing beyond the part", () => {
    expect([...rows(CUT).sumFresh]).toEqual([8, 8]);
  });

  // Tile 1 makes 0..3 of the last map from 0..4 of the middle one, from 0..5 of the input; tile 2 makes 4..7 from 3..7 from 2..7.
  test("two layers: the halo grows by one row each", () => {
    expect([...rows(RECOMPUTE, 2).sumFresh]).toEqual([12, 10, 8]);
    expect([...rows(KEEP, 2).kept]).toEqual([2, 2, 0]);
  });
});

/** Section 2 of docs/math/fusion.md word for word: every tile of its own, no classes, no shortcuts. */
function plainly(problem: FusionProblem, layers: readonly number[], tile: number, mode: AxisMode) {
  const inside = new Map(layers.map((l) => [problem.layers[l]!.writes, l]));
  const externals = [...new Set(layers.flatMap((l) => problem.layers[l]!.reads.map(({ map }) => map)))].filter((m) => !inside.has(m));
  const maps = [...externals, ...layers.map((l) => problem.layers[l]!.writes)];
  const isOutput = (m: number) =>
    inside.has(m) &&
    (problem.maps[m]!.kind === "output" ||
      !problem.layers.some(({ reads }) => reads.some(({ map }) => map === m)) ||
      problem.layers.some(({ reads }, l) => !layers.includes(l) && reads.some(({ map }) => map === m)));
  const H = Math.max(...maps.filter(isOutput).map((m) => problem.maps[m]!.height));
  const beta = (i: number, L: number) => Math.min(L, Math.ceil((i * tile * L) / H));
  const take = (w: Window, a: number, b: number, L: number): [number, number] => [
    Math.max(0, Math.floor((a * w.stride - w.before) / w.repeat)),
    Math.min(L, Math.ceil(((b - 1) * w.stride + w.extent - w.before) / w.repeat)),
  ];
  const end = new Map(maps.map((m) => [m, 0]));
  const done = new Map(layers.map((l) => [l, 0]));
  const tiles: { fresh: number[]; computed: number[] }[] = [];
  const kept = maps.map(() => 0);
  const keptComputed = layers.map(() => 0);
  const n = Math.ceil(H / tile);
  for (let i = 0; i < n; i++) {
    const need = new Map<number, [number, number]>();
    for (const m of maps) if (isOutput(m)) need.set(m, [beta(i, problem.maps[m]!.height), beta(i + 1, problem.maps[m]!.height)]);
    const fresh = new Map<number, [number, number]>();
    const computed = new Map<number, [number, number]>();
    const made = (m: number): [number, number] => {
      const [a, b] = need.get(m) ?? [0, 0];
      if (mode === KEEP) return [end.get(m)!, Math.max(end.get(m)!, b)];
      return b > a ? [a, b] : [0, 0];
    };
    for (const l of layers.toReversed()) {
      const { writes, pooling, computed: full, reads } = problem.layers[l]!;
      const [a, b] = made(writes);
      fresh.set(writes, [a, b]);
      let [ca, cb] = [a, b];
      if (b <= a) ca = cb = mode === KEEP ? done.get(l)! : 0;
      else if (pooling !== undefined) {
        [ca, cb] = take(pooling.y, a, b, full.height);
        if (mode === KEEP) [ca, cb] = [done.get(l)!, Math.max(done.get(l)!, cb)];
      }
      computed.set(l, [ca, cb]);
      if (cb > ca)
        for (const { map, y } of reads) {
          const [s, e] = take(y, ca, cb, problem.maps[map]!.height);
          const known = need.get(map);
          if (e > s) need.set(map, known === undefined ? [s, e] : [Math.min(s, known[0]), Math.max(e, known[1])]);
        }
    }
    for (const m of externals) fresh.set(m, made(m));
    for (const m of maps) end.set(m, mode === KEEP ? fresh.get(m)![1] : 0);
    for (const l of layers) done.set(l, mode === KEEP ? computed.get(l)![1] : 0);
    if (mode === KEEP && i < n - 1)
      layers.forEach((l, k) => {
        const { reads, computed: full, pooling, writes } = problem.layers[l]!;
        const c = done.get(l)!;
        if (c < full.height)
          for (const { map, y } of reads) {
            const q = maps.indexOf(map);
            kept[q] = Math.max(kept[q]!, end.get(map)! - Math.max(0, Math.floor((c * y.stride - y.before) / y.repeat)));
          }
        const e = end.get(writes)!;
        if (pooling !== undefined && e < problem.maps[writes]!.height)
          keptComputed[k] = Math.max(
            keptComputed[k]!,
            c - Math.max(0, Math.floor((e * pooling.y.stride - pooling.y.before) / pooling.y.repeat)),
          );
      });
    tiles.push({
      fresh: maps.map((m) => fresh.get(m)![1] - fresh.get(m)![0]),
      computed: layers.map((l) => computed.get(l)![1] - computed.get(l)![0]),
    });
  }
  return { maps, H, tiles, kept, keptComputed };
}

test("sweeps agree with the definition, tile by tile", () => {
  const drawn = Array.from({ length: 60 }, (_, seed) => tall(randomFusion(seed, 1 + (seed % 6)), 1 + (seed % 3) * 5));
  // The last: a map that ends in the very tile that is asked for copies.
  [...drawn, randomFusion(14, 3)].forEach((problem, seed) => {
    const prepared = prepare(problem);
    const layers = problem.layers.map((_, l) => l).slice(seed % 2);
    if (layers.length === 0) return;
    const members = membersOf(prepared, floorsOf(prepared, makeCosts(problem)), Int32Array.from(layers));
    for (const mode of [RECOMPUTE, KEEP] as const)
      for (const tile of [1, 2, 3, 5, 8]) {
        const plain = plainly(problem, layers, tile, mode);
        const swept = sweep(prepared, prepared.y, members, makeBench(problem.maps.length, problem.layers.length), tile, plain.H, mode);
        const M = members.maps.length;
        const N = layers.length;
        expect([...members.maps]).toEqual(plain.maps);
        expect(members.height).toBe(plain.H);
        expect([...swept.kept]).toEqual(plain.kept);
        expect([...swept.keptComputed]).toEqual(plain.keptComputed);
        const word = (fresh: readonly number[], computed: readonly number[]) => `${fresh} | ${computed}`;
        const classes = new Map<string, number>();
        for (let c = 0; c < swept.classes; c++) {
          const key = word([...swept.fresh.subarray(c * M, (c + 1) * M)], [...swept.computed.subarray(c * N, (c + 1) * N)]);
          classes.set(key, (classes.get(key) ?? 0) + swept.counts[c]!);
        }
        const counted = new Map<string, number>();
        for (const { fresh, computed } of plain.tiles) counted.set(word(fresh, computed), (counted.get(word(fresh, computed)) ?? 0) + 1);
        expect(Object.fromEntries(classes)).toEqual(Object.fromEntries(counted));
        expect([...swept.sumFresh]).toEqual(plain.maps.map((_, q) => plain.tiles.reduce((n, t) => n + t.fresh[q]!, 0)));
        expect([...swept.order].map((c) => [...swept.fresh.subarray(c * M, (c + 1) * M)])).toEqual(plain.tiles.map(({ fresh }) => fresh));
      }
  });
});

/** The same network over `times` as many rows, so that tiles repeat. */
function tall(problem: FusionProblem, times: number): FusionProblem {
  const maps = problem.maps.map((m) => ({ ...m, height: m.height * times }));
  const layers = problem.layers.map((l) => ({
    ...l,
    computed: { ...l.computed, height: l.computed.height * times },
    reads: l.reads.map((r) => (r.y.stride === 0 ? { ...r, y: { ...r.y, extent: r.y.extent * times } } : r)),
  }));
  return { ...problem, maps, layers };
}
