import type { Prepared } from "../../../cost/nest/prepare.js";
import { exact, type NestMapping } from "../../../cost/nest/problem.js";
import { aroundTile, prepareTile, type TileCost, type TileTask, tileCost } from "../../../cost/nest/tile.js";
import type { Hierarchy } from "../../../target/hierarchy.js";
import { QUICK } from "./draft.js";
import { type MappingGoal, merit } from "./goal.js";
import { refit } from "./refit.js";
import { draftNest } from "./search.js";

/** A tile with the mapping chosen for it. */
export interface MappedTile extends TileCost {
  readonly mapping: NestMapping;
}

/** Shapes of tiles whose mappings are sought from scratch, within the map: all of it, a small one whose sides are prime, one row. */
const MODELS = [
  { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY },
  { rows: 7, columns: 7 },
  { rows: 1, columns: Number.POSITIVE_INFINITY },
] as const;

/** Ways to spread the loops of each that are drafted. */
const UNROLLS = 4;

/**
 * Chooses mappings for the tiles of a layer: those of a few model shapes are sought, and every tile takes the one that serves
 * it best when fitted to it. Nothing is sought before the first tile is asked for.
 *
 * @param plane rows and columns of the whole map
 * @returns the choice for a tile; undefined where no mapping fits the memories
 */
export function makeMapper(
  hierarchy: Hierarchy,
  task: TileTask,
  plane: { readonly height: number; readonly width: number },
  goal: MappingGoal,
): (rows: number, columns: number) => MappedTile | undefined {
  const around = aroundTile(hierarchy);
  const prepared = (rows: number, columns: number): Prepared => prepareTile(around, task, rows, columns);
  let models: readonly NestMapping[] | undefined;
  const sought = () => {
    const shapes = MODELS.map(({ rows, columns }) => ({ rows: Math.min(rows, plane.height), columns: Math.min(columns, plane.width) }));
    const different = shapes.filter((a, i) => shapes.findIndex((b) => a.rows === b.rows && a.columns === b.columns) === i);
    return different.flatMap(({ rows, columns }) => {
      const found = draftNest(prepared(rows, columns).problem, around, exact, goal, QUICK, UNROLLS);
      return found === undefined ? [] : [found];
    });
  };
  return (rows, columns) => {
    models ??= sought();
    const tile = prepared(rows, columns);
    const sizes = tile.problem.loops.map(({ size }) => size);
    const macs = tile.iterations * hierarchy.macEnergy;
    const worth = ({ cycles, picojoules }: TileCost) => merit(goal, picojoules + macs, cycles);
    let best: MappedTile | undefined;
    for (const model of models) {
      for (const rest of ["within", "around"] as const) {
        const mapping = refit(model, sizes, rest);
        const cost = tileCost(tile, mapping);
        if (!cost.fits) continue;
        if (best === undefined || worth(cost) < worth(best)) best = { ...cost, mapping };
        break;
      }
    }
    return best;
  };
}
