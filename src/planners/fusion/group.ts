import { type AxisMode, CUT, KEEP, RECOMPUTE, sweep, type Tiling } from "./axis.js";
import { type GroupMembers, membersOf } from "./members.js";
import type { Group, LayerId, Overlap } from "./plan.js";
import type { Candidate, Pricing, Visitor } from "./pricing.js";
import { priceOutputBlocks, priceWeightGroups } from "./single.js";
import { priceTiles } from "./tiles.js";

/** Rows, then columns. */
const MODES: Readonly<Record<Overlap, readonly [AxisMode, AxisMode]>> = {
  nonOverlapped: [CUT, CUT],
  recompute: [RECOMPUTE, RECOMPUTE],
  hCached: [RECOMPUTE, KEEP],
  fullyCached: [KEEP, KEEP],
};

/**
 * Shows `visitor` the ways to run a group that fit on chip: tiles of `ceil(length / n)` by `ceil(width / m)`, every overlap
 * mode that the problem allows, and for one layer the orders that only one layer has. Every way appears once.
 *
 * @param layers ascending
 */
export function explore(pricing: Pricing, layers: Int32Array, visitor: Visitor): void {
  const { prepared, floors, bench } = pricing;
  const members = membersOf(prepared, floors, layers);
  const modes = modesFor(prepared.problem.modes, members);
  const swept = new Map<number, Tiling>();
  const tiling = (axis: 0 | 1, tile: number, mode: AxisMode): Tiling => {
    const key = (tile * 3 + mode) * 2 + axis;
    let known = swept.get(key);
    if (known === undefined) {
      known = sweep(
        prepared,
        axis === 0 ? prepared.y : prepared.x,
        members,
        bench,
        tile,
        axis === 0 ? members.height : members.width,
        mode,
      );
      swept.set(key, known);
    }
    return known;
  };
  const heights = tileSizes(members.height, ROWS);
  const widths = tileSizes(members.width, COLUMNS);
  modes.forEach((overlap, m) => {
    const [down, across] = MODES[overlap];
    for (const height of heights) {
      const y = tiling(0, height, down);
      for (const width of widths) {
        const x = tiling(1, width, across);
        if (modes.slice(0, m).some((e) => (y.tiles === 1 || MODES[e][0] === down) && (x.tiles === 1 || MODES[e][1] === across))) continue;
        priceTiles(pricing, members, y, x, overlap, visitor);
        if (layers.length === 1) priceWeightGroups(pricing, members, y, x, overlap, visitor);
        if (layers.length === 1 && overlap === "recompute") priceOutputBlocks(pricing, members, y, x, visitor);
      }
    }
  });
}

/** A layer alone has no need to cut windows off, and a range that never moves cannot be cut. */
function modesFor(modes: readonly Overlap[], { layers, whole }: GroupMembers): readonly Overlap[] {
  const exact = modes.filter((mode) => mode !== "nonOverlapped");
  return whole || (layers.length === 1 && exact.length > 0) ? exact : modes;
}

export const groupOf = (layers: readonly LayerId[], { rows, columns, overlap, traversal }: Candidate): Group => ({
  layers,
  tile: { rows, columns },
  overlap,
  traversal,
});

/** What a group costs when it runs as it says. Its tile, order and overlap have to be among those of `explore`. */
export function wayOf(pricing: Pricing, group: Group): Candidate {
  const key = (g: Group) => JSON.stringify([g.tile.rows, g.tile.columns, g.overlap, g.traversal]);
  const wanted = key(group);
  let found: Candidate | undefined;
  const offer = (way: Candidate) => {
    if (key(groupOf(group.layers, way)) === wanted) found = way;
  };
  explore(pricing, Int32Array.from(group.layers), { wants: () => true, offer });
  if (found === undefined) throw new RangeError(`no way to run layers ${group.layers.join(", ")} is ${wanted}`);
  return found;
}

/** Rows and columns that each layer of a group computes in its tiles, every shape once. Empty tiles are left out. */
export function shapesOf(
  { prepared, floors, bench }: Pricing,
  { layers, tile, overlap }: Group,
): readonly { layer: LayerId; rows: number; columns: number }[] {
  const members = membersOf(prepared, floors, Int32Array.from(layers));
  const [down, across] = MODES[overlap];
  const y = sweep(prepared, prepared.y, members, bench, tile.rows, members.height, down);
  const x = sweep(prepared, prepared.x, members, bench, tile.columns, members.width, across);
  const N = layers.length;
  const lengths = (axis: Tiling, k: number) =>
    [...new Set(Array.from({ length: axis.classes }, (_, a) => axis.computed[a * N + k]!))].filter((n) => n > 0);
  return layers.flatMap((layer, k) => lengths(y, k).flatMap((rows) => lengths(x, k).map((columns) => ({ layer, rows, columns }))));
}

/** Into how many tiles an axis is cut. */
const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 112, 160, 224, 320, 640, 1280];
const COLUMNS = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 64, 128, 256, 512];

/** Tiles of `ceil(length / n)` elements, the largest first. */
function tileSizes(length: number, counts: readonly number[]): readonly number[] {
  return [...new Set(counts.filter((n) => n <= length).map((n) => Math.ceil(length / n)))];
}
