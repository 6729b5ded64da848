import { describe, expect, it } from "vitest";
import { overlaps } from "../../base/interval.js";
import { type Rng, rng } from "../../base/rng.js";
import { contradiction, layOut } from "./layout.js";
import { minimize } from "./minimize.js";
import { broadSearch } from "./orders.js";
import { arena, lowerBound, type PackingBudget, type PackingItem, type PackingResult, pack, packLayout } from "./pack.js";

const budget = (seed = 1, nodes = 100_000): PackingBudget => ({ seed, nodes, stop: () => false });
const alive = (start: number, end: number, size: number): PackingItem => ({ size, spans: [{ start, end }] });
const meet = (a: PackingItem, b: PackingItem) => a.size > 0 && b.size > 0 && a.spans.some((s) => b.spans.some((t) => overlaps(s, t)));
const lives = ({ size, spans }: PackingItem) => size > 0 && spans.some(({ start, end }) => start < end);

function isPacking(capacity: number, items: readonly PackingItem[], offsets: readonly number[]): boolean {
  return items.every((a, i) => {
    const at = offsets[i]!;
    if (!lives(a)) return true;
    if (at < 0 || at + a.size > capacity || at % (a.alignment ?? 1) !== 0 || (a.fixed ?? at) !== at) return false;
    return items.every((b, k) => k <= i || !meet(a, b) || at + a.size <= offsets[k]! || offsets[k]! + b.size <= at);
  });
}

/** Tries every offset of every item. undefined when that would take too long. */
function fitsByEnumeration(capacity: number, items: readonly PackingItem[]): boolean | undefined {
  const order = items.filter(lives).sort((a, b) => b.size - a.size);
  const offsets: number[] = [];
  let calls = 0;
  const from = (k: number): boolean | undefined => {
    const item = order[k];
    if (item === undefined) return true;
    if (++calls > 3000) return undefined;
    for (let at = item.fixed ?? 0; at + item.size <= capacity; at++) {
      const free = offsets.every((other, j) => !meet(item, order[j]!) || at + item.size <= other || other + order[j]!.size <= at);
      if (free && at % (item.alignment ?? 1) === 0) {
        offsets.push(at);
        const rest = from(k + 1);
        if (rest !== false) return rest;
        offsets.pop();
      }
      if (item.fixed !== undefined) break;
    }
    return false;
  };
  return from(0);
}

/** Small, near its load bound, with any mixture of alignments, gaps in lifetimes, fixed offsets, twins and empty items. */
function smallProblem(random: Rng): { capacity: number; items: PackingItem[] } {
  const int = (a: number, b: number) => a + Math.floor(random() * (b - a + 1));
  const times = int(2, 7);
  const [aligned, gapped, pinned] = [random() < 0.5, random() < 0.5, random() < 0.4];
  const scale = random() < 0.2 ? 7 : 1;
  const items = Array.from({ length: int(2, 8) }, (): PackingItem => {
    const start = int(0, times - 1);
    const end = int(start + (random() < 0.05 ? 0 : 1), times);
    const spans = [{ start, end }];
    if (gapped && end - start >= 3 && random() < 0.6) {
      const gap = int(start + 1, end - 2);
      spans.splice(0, 1, { start, end: gap }, { start: int(gap + 1, end - 1), end });
    }
    return {
      size: int(random() < 0.05 ? 0 : 1, 5) * scale,
      spans,
      ...(aligned && random() < 0.6 ? { alignment: int(1, 4) * (random() < 0.3 ? scale : 1) } : {}),
    };
  });
  if (random() < 0.3) items.push(items[0]!);
  const capacity = Math.max(1, lowerBound(items) + int(-1, scale > 1 ? 3 : 2));
  return {
    capacity,
    items: pinned ? items.map((item) => (random() < 0.3 ? { ...item, fixed: int(0, Math.max(0, capacity - item.size)) } : item)) : items,
  };
}

describe("pack against enumeration", () => {
  const problems = Array.from({ length: 2000 }, (_, seed) => {
    const problem = smallProblem(rng(seed));
    return { seed, ...problem, fits: fitsByEnumeration(problem.capacity, problem.items) };
  }).filter(({ fits }) => fits !== undefined);

  /** The greedy packings settle most small problems; `treeOnly` skips them. */
  const treeOnly = (capacity: number, items: readonly PackingItem[], seed: number): PackingResult => {
    const layout = layOut(items);
    return contradiction(layout, capacity) ?? packLayout(layout, capacity, budget(seed), [], broadSearch);
  };

  it.each([
    ["as it is", (capacity: number, items: readonly PackingItem[], seed: number) => pack({ capacity, items }, budget(seed))],
    ["without the greedy packings", treeOnly],
  ])("agrees in every case, %s", (_, solve) => {
    const seen = { packed: 0, load: 0, fixed: 0, search: 0 };
    for (const { seed, capacity, items, fits } of problems) {
      const result = solve(capacity, items, seed);
      expect(result.status, `seed ${seed}`).toBe(fits ? "packed" : "infeasible");
      if (result.status === "packed") expect(isPacking(capacity, items, result.offsets), `seed ${seed}`).toBe(true);
      if (result.status === "infeasible") {
        const core = result.core.map((i) => items[i]!);
        expect(fitsByEnumeration(capacity, core) ?? false, `core of seed ${seed}`).toBe(false);
        if (result.proof !== "fixed") expect(fitsByEnumeration(result.bound - 1, items) ?? false, `bound of seed ${seed}`).toBe(false);
      }
      seen[result.status === "infeasible" ? result.proof : "packed"]++;
    }
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(50);
  });

  it("finds the least height", () => {
    for (const { seed, capacity, items } of problems.slice(0, 400)) {
      const result = minimize({ capacity: capacity + 50, items }, budget(seed));
      if (result.status === "infeasible") {
        expect(result.proof).toBe("fixed");
        continue;
      }
      expect(result.status, `seed ${seed}`).toBe("optimal");
      if (result.status !== "optimal") continue;
      expect(isPacking(result.height, items, result.offsets), `seed ${seed}`).toBe(true);
      if (result.height > 0) expect(fitsByEnumeration(result.height - 1, items) ?? false, `seed ${seed}`).toBe(false);
    }
  });
});

/** A rectangle of `height` x `width` cut at random until `count` pieces are there: they pack perfectly by construction. */
function planted(random: Rng, count: number, height: number, width: number): PackingItem[] {
  const pieces = [{ low: 0, high: height, start: 0, end: width }];
  while (pieces.length < count) {
    const at = Math.floor(random() * pieces.length);
    const piece = pieces[at]!;
    const [a, b] = random() < 0.5 ? ([piece.low, piece.high] as const) : ([piece.start, piece.end] as const);
    if (b - a < 2) continue;
    const cut = a + 1 + Math.floor(random() * (b - a - 1));
    const across = a === piece.low && b === piece.high;
    pieces.splice(
      at,
      1,
      across ? { ...piece, high: cut } : { ...piece, end: cut },
      across ? { ...piece, low: cut } : { ...piece, start: cut },
    );
  }
  return pieces.map(({ low, high, start, end }) => alive(start, end, high - low));
}

describe("planted perfect packings", () => {
  it.each([10, 20, 30, 40])("finds %i pieces of a full rectangle", (count) => {
    for (let seed = 0; seed < 5; seed++) {
      const items = planted(rng(seed), count, 64, 60);
      expect(lowerBound(items)).toBe(64);
      const result = pack({ capacity: 64, items }, budget(seed, 2_000_000));
      expect(result.status, `seed ${seed}`).toBe("packed");
      expect(result.status === "packed" && isPacking(64, items, result.offsets)).toBe(true);
    }
  });
});

describe("minimize", () => {
  it("comes down to planted perfect packings, never up, the same way for the same seed", () => {
    for (let seed = 0; seed < 5; seed++) {
      const items = planted(rng(seed), 30, 64, 60);
      const heights: number[] = [];
      const lowest = () => minimize({ capacity: 128, items }, budget(seed, 2_000_000), (height) => heights.push(height));
      const result = lowest();
      expect(result, `seed ${seed}`).toMatchObject({ status: "optimal", height: 64, bound: 64 });
      expect(heights).toEqual(heights.toSorted((a, b) => b - a));
      expect(lowest()).toEqual(result);
    }
  });

  it("keeps a valid packing and an honest bound when the nodes run out", () => {
    for (let seed = 0; seed < 5; seed++) {
      const items = planted(rng(seed), 80, 512, 90);
      const result = minimize({ capacity: 4096, items }, budget(seed, 30_000));
      if (result.status !== "feasible" && result.status !== "optimal") throw new Error(result.status);
      expect(isPacking(result.height, items, result.offsets)).toBe(true);
      expect(result.bound).toBe(512);
      expect(result.nodes).toBeLessThanOrEqual(30_000);
    }
  });
});

describe("pack", () => {
  it("packs nothing, and items without size or life", () => {
    expect(pack({ capacity: 0, items: [] }, budget())).toMatchObject({ status: "packed", offsets: [] });
    expect(pack({ capacity: 4, items: [alive(0, 9, 0), alive(3, 3, 7), { size: 9, spans: [] }] }, budget())).toMatchObject({
      status: "packed",
      offsets: [0, 0, 0],
    });
  });

  it("lets an item use the gap in another's lifetime", () => {
    const gapped: PackingItem = {
      size: 4,
      spans: [
        { start: 0, end: 2 },
        { start: 4, end: 6 },
      ],
    };
    expect(pack({ capacity: 4, items: [gapped, alive(2, 4, 4)] }, budget())).toMatchObject({ status: "packed", offsets: [0, 0] });
  });

  it("keeps the topmost item's slack free of charge", () => {
    // 4 | 4 | 2 with alignment 4 ends at 10, though each takes 4 when something stands on it.
    const items = [4, 4, 2].map((size) => ({ ...alive(0, 1, size), alignment: 4 }));
    expect(pack({ capacity: 10, items }, budget()).status).toBe("packed");
    expect(pack({ capacity: 9, items }, budget())).toMatchObject({ status: "infeasible", proof: "load", bound: 10, core: [0, 1, 2] });
  });

  it("packs around a reserved range", () => {
    const reserved: PackingItem = { size: 2, spans: [{ start: 0, end: 9 }], fixed: 3 };
    const result = pack({ capacity: 9, items: [reserved, alive(0, 5, 3), alive(2, 9, 4)] }, budget());
    expect(result).toMatchObject({ status: "packed", offsets: [3, 0, 5] });
    expect(pack({ capacity: 9, items: [reserved, alive(0, 5, 4), alive(2, 9, 3)] }, budget()).status).toBe("packed");
    expect(pack({ capacity: 9, items: [reserved, alive(0, 5, 5)] }, budget())).toMatchObject({ status: "infeasible", proof: "search" });
  });

  it("names fixed items that contradict", () => {
    const at = (fixed: number, size: number, alignment = 1): PackingItem => ({ ...alive(0, 2, size), fixed, alignment });
    expect(pack({ capacity: 9, items: [alive(0, 1, 1), at(2, 4), at(5, 2)] }, budget())).toMatchObject({ proof: "fixed", core: [1, 2] });
    expect(pack({ capacity: 9, items: [at(6, 4)] }, budget())).toMatchObject({ proof: "fixed", core: [0], bound: 10 });
    expect(pack({ capacity: 9, items: [at(3, 4, 2)] }, budget())).toMatchObject({ proof: "fixed", core: [0] });
  });

  it("is the same for the same seed, and undecided rather than wrong when the nodes run out", () => {
    const items = planted(rng(3), 60, 256, 60);
    expect(pack({ capacity: 256, items }, budget(5))).toEqual(pack({ capacity: 256, items }, budget(5)));
    const short = pack({ capacity: 256, items }, budget(1, 30));
    expect(short.status).toBe("undecided");
    expect(short.nodes).toBeLessThanOrEqual(30);
    expect(short.status === "undecided" && short.activity.some((a) => a > 0)).toBe(true);
    expect(pack({ capacity: 256, items }, { ...budget(), stop: () => true }).status).toBe("undecided");
  });

  it("is undecided where heights do not fit the search's integers, but still packs greedily", () => {
    const pieces = planted(rng(1), 12, 64, 60).map((item) => ({ ...item, size: item.size * 2 ** 30 + 1 }));
    expect(pack({ capacity: 65 * 2 ** 30, items: pieces }, budget()).status).not.toBe("infeasible");
    expect(pack({ capacity: 2 ** 42, items: pieces }, budget()).status).toBe("packed");
  });

  it("refuses what is not a whole number as a bug of the caller", () => {
    expect(() => pack({ capacity: 4, items: [alive(0, 1, 1.5)] }, budget())).toThrow(RangeError);
    expect(() => pack({ capacity: 4, items: [{ ...alive(0, 1, 1), alignment: 0 }] }, budget())).toThrow(RangeError);
  });

  it("packs a chain of ten thousand", () => {
    const items = Array.from({ length: 10_000 }, (_, i) => alive(i, i + 2, 4096));
    expect(pack({ capacity: 8192, items }, budget())).toMatchObject({ status: "packed", nodes: 0 });
  });
});

describe("arena", () => {
  it("is a packing of its own height, never below the load", () => {
    for (let seed = 0; seed < 200; seed++) {
      const items = smallProblem(rng(seed)).items.map(({ fixed: _, ...item }) => item);
      const { offsets, height } = arena(items);
      expect(isPacking(height, items, offsets), `seed ${seed}`).toBe(true);
      expect(height).toBeGreaterThanOrEqual(lowerBound(items));
    }
  });

  it("takes the smallest gap that holds the item", () => {
    //  12 | . C C C    By size: A on the ground, B on the ground after A's death, C on A.
    //   8 | A A . D    D then meets B and C alone, and the 3 between them are tighter than the room above C.
    //   5 | A A B B
    const items = [alive(0, 2, 8), alive(2, 4, 5), alive(1, 4, 4), alive(3, 4, 3)];
    expect(arena(items).offsets).toEqual([0, 0, 8, 5]);
  });
});
