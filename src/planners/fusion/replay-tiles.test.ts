import { describe, expect, test } from "vitest";
import { randomFusion } from "../../../test/random-fusion.js";
import { bytes } from "../../base/units.js";
import type { FusionProblem, Group, Overlap, Window } from "./plan.js";
import { arrayOf } from "./replay-array.js";
import { bytesOf, regionsOf } from "./replay-buffers.js";
import { type AxisWalk, type Cast, castOf, findShortfall, needsWhole, type Spans, walkAxis } from "./replay-tiles.js";
import { workOf } from "./replay-work.js";

/** Elements of a plane, `row * 1000 + column`. */
type Elements = Set<number>;

/** Which elements one result needs along an axis, one by one. */
function needed({ stride, extent, before, repeat }: Window, at: number, length: number): number[] {
  const list = new Set<number>();
  for (let d = 0; d < extent; d++) {
    const position = Math.floor((at * stride - before + d) / repeat);
    if (position >= 0 && position < length) list.add(position);
  }
  return [...list];
}

function rectangle(rows: Spans, i: number, columns: Spans, j: number): Elements {
  const out: Elements = new Set();
  for (let r = rows.start[i]!; r < rows.end[i]!; r++) for (let c = columns.start[j]!; c < columns.end[j]!; c++) out.add(r * 1000 + c);
  return out;
}

/** Elements of `of` that the results in `results` need. */
function under(results: Elements, y: Window, x: Window, of: { readonly height: number; readonly width: number }): Elements {
  const out: Elements = new Set();
  for (const e of results)
    for (const r of needed(y, Math.floor(e / 1000), of.height)) for (const c of needed(x, e % 1000, of.width)) out.add(r * 1000 + c);
  return out;
}

interface Kept {
  readonly chip: readonly Elements[];
  readonly sums: readonly Elements[];
}

/**
 * Walks a group element by element: a buffer of explicit sets, into which a tile loads and makes what the walk says and in
 * which every operand has to be. After a tile, only what a later tile reads without loading or making it again remains.
 */
function byElements(problem: FusionProblem, cast: Cast, y: AxisWalk, x: AxisWalk) {
  const { layers, maps, externals, leaves, reads } = cast;
  const tiles = Array.from({ length: y.tiles * x.tiles }, (_, t) => ({ i: Math.floor(t / x.tiles), j: t % x.tiles }));
  const map = (q: number) => problem.maps[maps[q]!]!;
  const layer = (k: number) => problem.layers[layers[k]!]!;
  const fresh = tiles.map(({ i, j }) => maps.map((_, q) => rectangle(y.fresh[q]!, i, x.fresh[q]!, j)));
  const computed = tiles.map(({ i, j }) => layers.map((_, k) => rectangle(y.computed[k]!, i, x.computed[k]!, j)));
  const uses = tiles.map((_, t) =>
    maps.map((_, q) => {
      const out: Elements = new Set();
      for (const [k, list] of reads.entries())
        for (const read of list) if (read.map === q) for (const e of under(computed[t]![k]!, read.y, read.x, map(q))) out.add(e);
      return out;
    }),
  );
  const pooled = tiles.map((_, t) =>
    layers.map((_, k) => {
      const { pooling, computed: plane } = layer(k);
      return pooling === undefined ? new Set<number>() : under(fresh[t]![externals + k]!, pooling.y, pooling.x, plane);
    }),
  );
  /** Of what lies on chip after tile `t`, what is read again before it is new again. */
  const waiting = (there: Elements, t: number, use: (t: number) => Elements, again: (t: number) => Elements): Elements => {
    const out: Elements = new Set();
    const old = new Set(there);
    for (let later = t + 1; later < tiles.length; later++) {
      for (const e of again(later)) old.delete(e);
      for (const e of use(later)) if (old.has(e)) out.add(e);
    }
    return out;
  };

  /** Bytes of all that is needed from now on while layer `k` runs in tile `t`: here, for later tiles, on its way in and out. */
  const occupied = (t: number, k: number, before: Kept, after: Kept): number => {
    const bytesOfMap = (q: number, elements: Elements) => bytesOf(map(q).bits, map(q).channels * elements.size);
    const leaving = (q: number, at: number) =>
      leaves[q] && tiles[at] !== undefined ? rectangle(y.stored[q]!, tiles[at].i, x.stored[q]!, tiles[at].j) : new Set<number>();
    let sum = 0;
    maps.forEach((_, q) => {
      const made = q < externals || q - externals <= k;
      const there = made ? new Set([...before.chip[q]!, ...fresh[t]![q]!]) : before.chip[q]!;
      const later: Elements = new Set(made ? leaving(q, t) : []);
      for (let reader = k; reader < layers.length; reader++)
        for (const read of reads[reader]!)
          if (read.map === q) for (const e of under(computed[t]![reader]!, read.y, read.x, map(q))) later.add(e);
      for (const e of after.chip[q]!) later.add(e);
      if (q === externals + k) for (const e of fresh[t]![q]!) later.add(e);
      sum += bytesOfMap(q, new Set([...later].filter((e) => there.has(e))));
      sum += q < externals && t + 1 < tiles.length ? bytesOfMap(q, fresh[t + 1]![q]!) : 0;
      sum += bytesOfMap(q, leaving(q, t - 1));
    });
    layers.forEach((_, m) => {
      const kept = m <= k ? after.sums[m]! : before.sums[m]!;
      sum += bytesOf(map(externals + m).bits, layer(m).shape.outputs * kept.size);
    });
    const { kind } = layer(k);
    return sum + (kind === "mac" ? bytesOf(problem.machine.accumulatorBits, computed[t]![k]!.size) : 0);
  };

  const chip = maps.map((): Elements => new Set());
  const sums = layers.map((): Elements => new Set());
  const stored = maps.map(() => new Map<number, number>());
  let missing = 0;
  let loaded = 0;
  let macs = 0;
  let mostKept = maps.map(() => 0);
  let mostSums = layers.map(() => 0);
  const copied = (sets: readonly Elements[]) => sets.map((set) => new Set(set));
  let before: Kept = { chip: copied(chip), sums: copied(sums) };
  let mostBytes = 0;
  tiles.forEach(({ i, j }, t) => {
    for (let q = 0; q < externals; q++) {
      for (const e of fresh[t]![q]!) chip[q]!.add(e);
      loaded += bytesOf(map(q).bits, map(q).channels * fresh[t]![q]!.size);
    }
    for (let k = 0; k < layers.length; k++) {
      const q = externals + k;
      for (const read of reads[k]!)
        for (const e of under(computed[t]![k]!, read.y, read.x, map(read.map))) if (!chip[read.map]!.has(e)) missing++;
      for (const e of computed[t]![k]!) sums[k]!.add(e);
      const { shape, kind, pooling } = layer(k);
      if (kind === "mac")
        macs += computed[t]![k]!.size * shape.outputs * (shape.inputs / shape.groups) * shape.kernel.height * shape.kernel.width;
      for (const e of pooling === undefined ? fresh[t]![q]! : pooled[t]![k]!) if (!sums[k]!.has(e)) missing++;
      for (const e of fresh[t]![q]!) chip[q]!.add(e);
      if (!leaves[q]) continue;
      for (const e of rectangle(y.stored[q]!, i, x.stored[q]!, j)) {
        if (!chip[q]!.has(e)) missing++;
        stored[q]!.set(e, (stored[q]!.get(e) ?? 0) + 1);
      }
    }
    chip.forEach((there, q) => {
      chip[q] = waiting(
        there,
        t,
        (later) => uses[later]![q]!,
        (later) => fresh[later]![q]!,
      );
    });
    sums.forEach((there, k) => {
      sums[k] = waiting(
        there,
        t,
        (later) => pooled[later]![k]!,
        (later) => computed[later]![k]!,
      );
    });
    const after: Kept = { chip: copied(chip), sums: copied(sums) };
    for (let k = 0; k < layers.length; k++) mostBytes = Math.max(mostBytes, occupied(t, k, before, after));
    before = after;
    mostKept = mostKept.map((most, q) => Math.max(most, chip[q]!.size));
    mostSums = mostSums.map((most, k) => Math.max(most, sums[k]!.size));
  });
  return { missing, loaded, macs, stored, mostKept, mostSums, mostBytes };
}

const longest = ({ start, end }: Spans): number => Math.max(...start.map((from, i) => end[i]! - from));

describe("tiles against explicit sets of elements", () => {
  const MODES: readonly Overlap[] = ["recompute", "hCached", "fullyCached"];
  const cases = Array.from({ length: 30 }, (_, seed) => seed);

  test.each(cases)("network %i", (seed) => {
    const problem = roomy(randomFusion(seed, 1 + (seed % 5)));
    const all = problem.layers.map((_, l) => l);
    for (const layers of [all, all.slice(1), all.slice(0, 2)].filter(({ length }) => length > 0))
      for (const overlap of MODES)
        for (const [rows, columns] of [
          [1, 2],
          [3, 2],
          [2, 5],
          [4, 100],
        ] as const) {
          const group = groupOf(layers, rows, columns, overlap);
          const cast = castOf(problem, group);
          const y = walkAxis(problem, cast, overlap, "y", rows);
          const x = walkAxis(problem, cast, overlap, "x", columns);
          const seen = byElements(problem, cast, y, x);
          expect(seen.missing).toBe(0);
          expect(findShortfall(problem, cast, "y", y) ?? findShortfall(problem, cast, "x", x)).toBeUndefined();

          // Every element of what leaves is stored once.
          cast.maps.forEach((m, q) => {
            const { height, width } = problem.maps[m]!;
            const counts = [...seen.stored[q]!.values()];
            expect(counts.length).toBe(cast.leaves[q] ? height * width : 0);
            expect(counts.every((n) => n === 1)).toBe(true);
          });

          // What waits fits the line and column buffers of docs/math/fusion.md, eq. (3).
          cast.maps.forEach((m, q) => {
            const held = y.kept[q]! * problem.maps[m]!.width + x.kept[q]! * (longest(y.fresh[q]!) + y.kept[q]!);
            expect(seen.mostKept[q]).toBeLessThanOrEqual(held);
          });
          cast.layers.forEach((l, k) => {
            const { width } = problem.layers[l]!.computed;
            const held = y.keptComputed[k]! * width + x.keptComputed[k]! * (longest(y.computed[k]!) + y.keptComputed[k]!);
            expect(seen.mostSums[k]).toBeLessThanOrEqual(held);
          });

          const { regions, violations } = regionsOf(problem, group, cast, y, x, "group");
          expect(violations).toEqual([]);
          expect(seen.mostBytes).toBeLessThanOrEqual(regions.features);
          const work = workOf(
            problem,
            arrayOf(problem, [], "mappings"),
            group,
            cast,
            y,
            x,
            regions,
            problem.maps.map(() => false),
          );
          if (typeof work === "number") throw new Error("too many jobs");
          const { transfers, moves } = work.programme;
          const features = [...moves.size].filter((_, i) => {
            const { direction, cause } = transfers[moves.transfer[i]!]!;
            return direction === "in" && cause !== "weight";
          });
          expect(features.reduce((sum, n) => sum + n, 0)).toBe(seen.loaded);
          expect(work.macs).toBe(seen.macs);
        }
  });
});

describe("where nothing overlaps", () => {
  test("parts are cut, operands beyond them are missing", () => {
    const problem = roomy(randomFusion(3, 2));
    const cast = castOf(problem, groupOf([0, 1], 2, 2, "nonOverlapped"));
    const walk = walkAxis(problem, cast, "nonOverlapped", "y", 2);
    expect(walk.fresh.map(({ start, end }) => start.reduce((sum, from, i) => sum + end[i]! - from, 0))).toEqual(
      cast.maps.map((m) => problem.maps[m]!.height),
    );
  });

  test("layers that need a whole axis are seen", () => {
    const seeds = Array.from({ length: 60 }, (_, seed) => randomFusion(seed, 3));
    const whole = (p: FusionProblem) => p.layers.some(({ reads }) => reads.some(({ y }) => y.stride === 0));
    expect(seeds.some(whole)).toBe(true);
    for (const p of seeds) expect(needsWhole(p, castOf(p, groupOf([0, 1, 2], 1, 1, "recompute")))).toBe(whole(p));
  });
});

describe("a walk that does not fit together", () => {
  const problem = roomy(randomFusion(0, 3));
  const cast = castOf(problem, groupOf([0, 1, 2], 1, 1, "fullyCached"));
  const walk = () => walkAxis(problem, cast, "fullyCached", "y", 1);

  test("with less kept than a later tile needs", () => {
    const sound = walk();
    const map = sound.kept.findIndex((n) => n > 0);
    expect(map).toBeGreaterThanOrEqual(0);
    expect(findShortfall(problem, cast, "y", sound)).toBeUndefined();
    const broken = { ...sound, kept: sound.kept.map((n, q) => (q === map ? n - 1 : n)) };
    expect(findShortfall(problem, cast, "y", broken)).toMatchObject({ kind: "missing", map });
  });

  test("with a row stored twice, and with one never stored", () => {
    const map = cast.leaves.lastIndexOf(true);
    const twice = walk();
    twice.stored[map]!.start[2]! -= 1;
    expect(findShortfall(problem, cast, "y", twice)).toMatchObject({ kind: "stored", map, tile: 2 });
    const never = walk();
    never.stored[map]!.end[never.tiles - 1]! -= 1;
    expect(findShortfall(problem, cast, "y", never)).toMatchObject({ kind: "stored", map, tile: never.tiles - 1 });
  });
});

const groupOf = (layers: readonly number[], rows: number, columns: number, overlap: Overlap): Group => ({
  layers,
  tile: { rows, columns },
  overlap,
  traversal: { kind: "tiles", weights: "resident" },
});

function roomy(problem: FusionProblem): FusionProblem {
  return { ...problem, machine: { ...problem.machine, buffers: { arrangement: "unified", size: bytes(2 ** 20), staging: bytes(0) } } };
}
