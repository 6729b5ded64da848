import type { Operator, TensorId } from "../graph.js";
import type { Access, AffineIndex, LoopNest } from "../loops.js";
import { boxOf, count, eachTouched, type Grid, type Place, piecesOf, unbounded } from "./layout.js";
import { splittable } from "./operators.js";
import { type Box, iterationsWriting, type Ranges, rangesWriting } from "./ranges.js";
import type { PartialSum } from "./specification.js";

/** One operator of the rewritten graph: a piece of one result, or a run of the reduction that leads to it. */
export interface Part {
  /** The tensor it writes into, as in the graph before, and the elements it is for. */
  readonly output: TensorId;
  readonly box: Box;
  /** New id of the piece written. */
  readonly writes: readonly number[];
  /** New ids of the pieces read, each once, operand by operand. */
  readonly reads: readonly number[];
  /** Run of a partial sum: which of how many. */
  readonly run: { readonly index: number; readonly of: number } | undefined;
  /** Multiply-accumulates; 0 for the others. */
  readonly macs: number;
  readonly nests: readonly LoopNest[];
  /** Elements of the table that a Gather of this part needs at most; 0 for all others. */
  readonly gathered: readonly number[] | undefined;
}

/**
 * An operator that looks up rows of a constant table: axis 0, indices at run time. Which operand is the table shows in the
 * shapes: constant indices into data of run time make a result of another shape.
 */
export function gathersRows(op: Operator, shapeOf: (t: TensorId) => readonly number[]): boolean {
  const [indices, table, result] = [op.inputs, op.weights, op.outputs].map((ids) => (ids.length === 1 ? shapeOf(ids[0]!) : undefined));
  if (op.type !== "Gather" || op.nests.length > 0 || (op.attributes.axis ?? 0) !== 0) return false;
  if (indices === undefined || table === undefined || result === undefined) return false;
  const looksUp = (rows: readonly number[], by: readonly number[]) => rows.length > 0 && [...by, ...rows.slice(1)].join() === result.join();
  return looksUp(table, indices) && !looksUp(indices, table);
}

/** The parts of an operator, in the order of the pieces they write. `cut`: the specification names its result. */
export function partsOf(op: Operator, places: readonly Place[], sum: PartialSum | undefined, cut: boolean): readonly Part[] {
  if (cut && gathersRows(op, (t) => places[t]!.shape)) return gatherParts(op, places);
  if (!splittable(op)) return [wholePart(op, places)];
  const unnamed = [...op.inputs, ...op.weights].filter((t) => !op.nests.some(({ reads }) => reads.some((r) => r.tensor === t)));
  const always = unnamed.flatMap((t) => piecesOf(places, t));
  return op.outputs.flatMap((output) => {
    const grid = places[output] as Grid;
    return Array.from({ length: count(grid.counts) }, (_, k) => {
      const box = boxOf(grid, k);
      const open = unbounded(box, grid.shape);
      const nests = op.nests.filter(({ write }) => write.tensor === output);
      const runs = sum === undefined ? [undefined] : runsOf(nests[0]!, sum);
      return runs.map((run, index): Part => {
        const reads = new Set<number>();
        const narrowed: LoopNest[] = [];
        let macs = 0;
        for (const nest of nests)
          for (const all of rangesWriting(nest, open)) {
            const ranges = run === undefined ? all : { start: all.start.with(run.loop, run.start), end: all.end.with(run.loop, run.end) };
            if (nest.kind === "mac") macs += iterationsWriting(nest, ranges, open);
            narrowed.push(narrowedTo(nest, ranges, box, grid.first + k, places, reads));
          }
        for (const t of always) reads.add(t);
        return {
          output,
          box,
          writes: [grid.first + k],
          reads: [...reads],
          run: run && { index, of: runs.length },
          macs,
          nests: narrowed,
          gathered: undefined,
        };
      });
    }).flat();
  });
}

const runsOf = (nest: LoopNest, { loop, length }: PartialSum) =>
  Array.from({ length: Math.ceil(nest.loops[loop]!.size / length) }, (_, i) => ({
    loop,
    start: i * length,
    end: Math.min(nest.loops[loop]!.size, (i + 1) * length),
  }));

/** The nest over `ranges`, seen from the piece it writes; a read of several pieces becomes one read of each. */
function narrowedTo(nest: LoopNest, ranges: Ranges, box: Box, written: number, places: readonly Place[], reads: Set<number>): LoopNest {
  const shifted = ({ offset, terms }: AffineIndex): AffineIndex => ({
    offset: terms.reduce((sum, { loop, stride }) => sum + stride * ranges.start[loop]!, offset),
    terms,
  });
  const accesses: Access[] = [];
  for (const read of nest.reads)
    eachTouched(places, read, ranges, (grid, k, back) => {
      reads.add(grid.first + k);
      accesses.push({
        tensor: grid.first + k,
        indices: read.indices.map((index, a) => {
          const { offset, terms } = shifted(index);
          return { offset: offset - back[a]!, terms };
        }),
      });
    });
  return {
    kind: nest.kind,
    loops: nest.loops.map((loop, l) => ({ name: loop.name, size: ranges.end[l]! - ranges.start[l]! })),
    reads: accesses,
    write: {
      tensor: written,
      indices: nest.write.indices.map((index, a) => {
        const { offset, terms } = shifted(index);
        return { offset: offset - box.start[a]!, terms };
      }),
    },
  };
}

function wholePart(op: Operator, places: readonly Place[]): Part {
  const pieces = (ids: readonly TensorId[]) => [...new Set(ids.flatMap((t) => piecesOf(places, t)))];
  const output = op.outputs[0] ?? -1;
  const shape = places[output]?.shape ?? [];
  return {
    output,
    box: { start: shape.map(() => 0), end: shape },
    writes: pieces(op.outputs),
    reads: pieces([...op.inputs, ...op.weights]),
    run: undefined,
    macs: op.macs,
    nests: [],
    gathered: undefined,
  };
}

/** Each part reads its own indices, and of the table at most one row for each. */
function gatherParts(op: Operator, places: readonly Place[]): readonly Part[] {
  const output = op.outputs[0]!;
  const indices = op.inputs[0]!;
  const grid = places[output] as Grid;
  const rank = places[indices]!.shape.length;
  const rows = places[op.weights[0]!]!.shape[0]!;
  return Array.from({ length: count(grid.counts) }, (_, k): Part => {
    const box = boxOf(grid, k);
    const reads: number[] = [];
    const access = { tensor: indices, indices: box.start.slice(0, rank).map((_, a) => ({ offset: 0, terms: [{ loop: a, stride: 1 }] })) };
    eachTouched(places, access, box, (found, piece) => reads.push(found.first + piece));
    const sizes = box.start.map((start, a) => box.end[a]! - start);
    return {
      output,
      box,
      writes: [grid.first + k],
      reads,
      run: undefined,
      macs: 0,
      nests: [],
      gathered: [Math.min(rows, count(sizes.slice(0, rank))), ...sizes.slice(rank)],
    };
  });
}
