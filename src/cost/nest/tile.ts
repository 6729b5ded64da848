import { type Hierarchy, isBuffer } from "../../target/hierarchy.js";
import type { LayerShape, Widths } from "../array/array.js";
import { emptyCost } from "./cost.js";
import { evaluate } from "./evaluate.js";
import { flatMapping, load } from "./mapping.js";
import { type Prepared, prepare } from "./prepare.js";
import { exact, type NestMapping, type NestProblem } from "./problem.js";

/** A multiply-accumulate layer as a hierarchy of memories sees it, apart from the rows and columns of a tile. */
export interface TileTask {
  readonly shape: LayerShape;
  readonly widths: Widths;
}

/** What computing one tile costs: cycles until its last result is in the buffer, picojoules of all memories but of the MACs. */
export interface TileCost {
  readonly cycles: number;
  readonly picojoules: number;
  /** Whether what each memory holds at a time fits it. */
  readonly fits: boolean;
}

/** Loops of `tileNest`, in this order. */
const NAMES = ["G", "K", "C", "OY", "OX", "FY", "FX"] as const;
/** The loops that count the rows and the columns of a tile. */
export const ROWS = 3;
export const COLUMNS = 4;

/**
 * `rows` x `columns` results of all channels of a layer as a loop nest. Padding is data and work like all else: a tile does
 * not know where the map ends. Source: docs/math/fusion.md, section 9.
 */
export function tileNest({ shape, widths }: TileTask, rows: number, columns: number): NestProblem {
  const { outputs, inputs, groups, kernel, stride } = shape;
  const sizes = [groups, outputs / groups, inputs / groups, rows, columns, kernel.height, kernel.width];
  const at = (loop: number, stride = 1) => ({ loop, stride });
  const by = (...loops: readonly number[]) => loops.map((loop) => ({ offset: 0, terms: [at(loop)] }));
  const window = (moved: number, step: number, within: number) => ({ offset: 0, terms: [at(moved, step), at(within)] });
  const [G, K, C, , , FY, FX] = [0, 1, 2, ROWS, COLUMNS, 5, 6] as const;
  return {
    loops: NAMES.map((name, loop) => ({ name, size: sizes[loop]! })),
    operands: [
      {
        role: "output",
        indices: by(G, K, ROWS, COLUMNS),
        shape: [groups, outputs / groups, rows, columns],
        bits: widths.output,
        partialBits: widths.sum,
      },
      {
        role: "input",
        indices: [...by(G, C), window(ROWS, stride.y, FY), window(COLUMNS, stride.x, FX)],
        shape: [groups, inputs / groups, (rows - 1) * stride.y + kernel.height, (columns - 1) * stride.x + kernel.width],
        bits: widths.input,
      },
      {
        role: "weight",
        indices: by(G, K, C, FY, FX),
        shape: [groups, outputs / groups, inputs / groups, kernel.height, kernel.width],
        bits: widths.weight,
      },
    ],
  };
}

/** The hierarchy around one tile: its outermost memories are the on-chip buffer, which holds the tile as the group says. */
export const aroundTile = (hierarchy: Hierarchy): Hierarchy => ({
  ...hierarchy,
  memories: hierarchy.memories.map((memory, m) => (isBuffer(hierarchy, m) ? { ...memory, size: Number.MAX_SAFE_INTEGER } : memory)),
});

/** @param around from `aroundTile` */
export const prepareTile = (around: Hierarchy, task: TileTask, rows: number, columns: number): Prepared =>
  prepare(tileNest(task, rows, columns), around, exact);

/** @param mapping has passed `checkMapping`, or was made by code that keeps its rules */
export function tileCost(prepared: Prepared, mapping: NestMapping): TileCost {
  const { latency, memoryEnergy, leakageEnergy, fits } = evaluate(prepared, load(mapping, flatMapping(prepared)), emptyCost(prepared));
  return { cycles: latency, picojoules: memoryEnergy + leakageEnergy, fits };
}
