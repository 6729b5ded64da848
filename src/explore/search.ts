import { dominates, frontOf } from "./front.js";
import { type Figures, type Hardware, type Objective, type Point, type Result, type Vector, vectorOf } from "./point.js";

/** Points that may be under way at once: a point is weighed against those that many places before it, whoever ran them. */
export const LAG = 32;

/** A planned point that others may be dominated by. */
export interface Rival {
  readonly id: number;
  readonly vector: Vector;
}

export interface Search {
  readonly points: readonly Point[];
  readonly objectives: readonly Objective[];
  /** Results of an earlier search of the same points. */
  readonly known: ReadonlyMap<number, Result>;
  /** Looks at one point; undefined where it was stopped. */
  readonly run: (point: Point, rivals: readonly Rival[]) => Promise<Result | undefined>;
  /** Points to look at at once. */
  readonly lanes: number;
  readonly stop: () => boolean;
  readonly found: (id: number, result: Result) => void;
}

/**
 * Looks at every point, small and slow machines first, until all are done or `stop` says so.
 *
 * Results depend on the points alone: in the order of visits, point `i` may be pruned by those before `i - LAG` and by no
 * other, and none is begun before those are done. So any number of lanes, and any earlier search that was stopped, lead to
 * the same results. Source: docs/math/explore.md, section 3.
 */
export async function searchPoints({ points, objectives, known, run, lanes, stop, found }: Search): Promise<ReadonlyMap<number, Result>> {
  const order = visits(points);
  const results = new Map(known);
  const running = new Map<number, Promise<void>>();
  let merged = 0;
  let rivals: readonly Rival[] = [];

  const begin = async (at: number, point: Point): Promise<void> => {
    const result = await run(point, rivals);
    if (result !== undefined) {
      results.set(point.id, result);
      found(point.id, result);
    }
    running.delete(at);
  };

  for (const [at, point] of order.entries()) {
    while (!stop() && running.size > 0 && (running.size >= lanes || Math.min(...running.keys()) < at - LAG))
      await Promise.race(running.values());
    if (stop()) break;
    const fresh: Rival[] = [];
    for (; merged < at - LAG; merged++) {
      const { id, hardware } = order[merged]!;
      const result = results.get(id);
      if (result?.status === "planned") fresh.push({ id, vector: vectorOf(objectives, hardware, result.metrics) });
    }
    if (fresh.length > 0) rivals = undominated([...rivals, ...fresh]);
    if (!results.has(point.id)) running.set(at, begin(at, point));
  }
  await Promise.all(running.values());
  return results;
}

/** The first rival that is at least as good as `floor` on `hardware` in everything and better in something. */
export function rivalOf(rivals: readonly Rival[], objectives: readonly Objective[], hardware: Hardware, floor: Figures): Rival | undefined {
  const best = vectorOf(objectives, hardware, floor);
  return rivals.find(({ vector }) => dominates(vector, best));
}

/** Whoever can dominate a point needs no more area and bandwidth, so it comes first. */
const visits = (points: readonly Point[]): readonly Point[] =>
  points.toSorted(
    ({ hardware: a, id }, { hardware: b, id: other }) =>
      (a.areaSquareMillimetres ?? 0) - (b.areaSquareMillimetres ?? 0) ||
      a.bandwidthBytesPerSecond - b.bandwidthBytesPerSecond ||
      id - other,
  );

function undominated(rivals: readonly Rival[]): readonly Rival[] {
  return frontOf(rivals.map(({ vector }) => vector)).map((i) => rivals[i]!);
}
