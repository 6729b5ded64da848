import type { Operator, TensorId } from "../../../graph/graph.js";
import { gridOf, layoutOf, type Place } from "../../../graph/split/layout.js";
import { splittable } from "../../../graph/split/operators.js";
import { gathersRows } from "../../../graph/split/parts.js";
import type { Draft } from "./draft.js";
import { needOf } from "./need.js";

/** Attempts after which refining is given up. */
const ATTEMPTS = 50_000;

/**
 * Cuts further what is too large for the memory, along whatever axis gains most per part added.
 *
 * @param total parts of all operators beyond which it is given up.
 * @returns whether every part of every operator fits.
 */
export function refine(draft: Draft, total: number): boolean {
  const { setting, piece, planned, virtual, mayCut, vanished, kin, cut, cutResult, sumOf } = draft;
  const { graph, width, capacity, inPlace } = setting;
  const { tensors, operators } = graph;
  const tensorAt = new Map<number, TensorId>();
  const places: Place[] = layoutOf(graph, { cuts: [], sums: [], virtual }).map((place, t) => {
    if (place.kind === "virtual") return place;
    tensorAt.set(t * 2 ** 32, t);
    return gridOf(tensors[t]!, piece[t]!, t * 2 ** 32);
  });
  const measure = {
    places,
    width: (t: TensorId) => (planned || tensors[t]!.role !== "weight" ? width(t) : 0),
    overwrites: (op: Operator) => inPlace.has(op.id),
    tensorAt: (first: number) => tensorAt.get(first)!,
  };
  const set = (pieces: readonly (readonly [TensorId, readonly number[]])[]) => {
    for (const [t, p] of pieces) {
      piece[t] = p;
      const place = places[t]!;
      if (place.kind === "grid") places[t] = gridOf(tensors[t]!, p, place.first);
    }
  };
  const partsOf = (t: TensorId) => {
    const place = places[t]!;
    return tensors[t]!.role === "weight" || place.kind === "virtual" ? 0 : place.counts.reduce((n, c) => n * c, 1);
  };
  const parts = () => operators.reduce((sum, op) => sum + op.outputs.reduce((n, t) => n + partsOf(t), 0), 0);
  const users = new Map<TensorId, Operator[]>();
  for (const op of operators)
    for (const t of [...op.inputs, ...op.weights, ...op.outputs]) {
      const list = users.get(t);
      if (list === undefined) users.set(t, [op]);
      else list.push(op);
    }
  const sources = (t: TensorId): readonly TensorId[] => {
    const place = places[t]!;
    return place.kind === "virtual" ? place.parts.flatMap((part) => sources(part.tensor)) : [t];
  };

  interface Change {
    readonly need: number;
    /** Bytes gained per part added. */
    readonly worth: number;
    readonly pieces: readonly (readonly [TensorId, readonly number[]])[];
  }

  /** The best next cut for an operator that needs too much. */
  function best(op: Operator, need: number, thorough: boolean): Change | undefined {
    let found: Change | undefined;
    const attempt = (change: () => void, ids: readonly TensorId[]) => {
      const old = ids.map((t) => [t, piece[t]!] as const);
      const count = () => ids.reduce((sum, t) => sum + partsOf(t), 0);
      const before = count();
      change();
      const pieces = ids.map((t) => [t, piece[t]!] as const);
      set(pieces);
      const now = needOf(op, measure, sumOf(op), thorough);
      const worth = Math.min(need - now, need - capacity) / (1 + count() - before);
      set(old);
      if (worth > (found?.worth ?? 0)) found = { need: now, worth, pieces };
    };
    // A window may straddle two halves, which gains nothing, but never more than two of four quarters.
    const options = (t: TensorId) =>
      piece[t]!.flatMap((n, axis) => [2, 4].map((by) => ({ t, axis, by, length: Math.ceil(n / by) })).filter(({ length }) => length < n));
    const rows = gathersRows(op, (t) => tensors[t]!.shape);
    const made = splittable(op) || rows ? op.outputs.flatMap(options) : [];
    const read = [...new Set([...op.inputs, ...(planned && !rows ? op.weights : [])].flatMap(sources))]
      .filter((t) => tensors[t]!.role === "weight" || mayCut(t))
      .flatMap(options);
    const around = (ids: readonly TensorId[]) => [
      ...new Set([...ids.flatMap((t) => piece[t]!.flatMap((_, axis) => kin(t, axis))), ...op.weights]),
    ];
    for (const { t, axis, length } of made) attempt(() => cutResult(op, t, axis, length), around([t]));
    for (const { t, axis, length } of read) attempt(() => cut(t, axis, length), around([t]));
    // Often only the result and all that is read for it, cut along the same axis, do.
    for (const option of read) {
      const { axis, by } = option;
      const alike = read.filter((r) => r.axis === axis && r.by === by && tensors[r.t]!.role !== "weight");
      if (alike[0] !== option) continue;
      for (const result of [undefined, ...made.filter((m) => m.axis === axis && m.by === by)])
        attempt(
          () => {
            if (result !== undefined) cutResult(op, result.t, axis, result.length);
            for (const { t, length } of alike) cut(t, axis, length);
          },
          around([...(result === undefined ? [] : [result.t]), ...alike.map(({ t }) => t)]),
        );
    }
    if (found === undefined)
      for (const m of made)
        for (const r of read)
          attempt(
            () => {
              cutResult(op, m.t, m.axis, m.length);
              cut(r.t, r.axis, r.length);
            },
            around([m.t, r.t]),
          );
    return found;
  }

  // A sample of each operator's parts first, then all of them: cutting moves the places where windows straddle pieces.
  for (const thorough of [false, true]) {
    const queue = operators.filter((op) => !vanished(op.outputs[0] ?? -1));
    const queued = new Set(queue);
    for (let attempts = 0; queue.length > 0; attempts++) {
      if (attempts > ATTEMPTS || (attempts % 64 === 0 && parts() > total)) return false;
      const op = queue.pop()!;
      queued.delete(op);
      for (let need = needOf(op, measure, sumOf(op), thorough); need > capacity; ) {
        const change = best(op, need, thorough);
        if (change === undefined) return false;
        set(change.pieces);
        need = change.need;
        for (const [t] of change.pieces)
          for (const user of users.get(t) ?? []) {
            if (user === op || queued.has(user) || vanished(user.outputs[0] ?? -1)) continue;
            queue.push(user);
            queued.add(user);
          }
      }
    }
  }
  return parts() <= total;
}
