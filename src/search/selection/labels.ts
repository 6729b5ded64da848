import { skyline } from "../../base/skyline.js";
import { type Effort, spent } from "./dual.js";
import type { Frontier } from "./frontier.js";
import { ROUNDING } from "./instance.js";
import { type Memory, remembered } from "./omitted.js";
import { goThrough, priceMoves, priceOf, strike, type Tables } from "./passes.js";

/** What label setting is to look for: choices within the caps of `columns`, the other columns unasked. */
export interface Quest {
  /** Columns that count, the load among them. */
  readonly columns: readonly number[];
  readonly caps: Float64Array;
  /** Weights per unit of each column, nothing on columns that do not count; the caps together are worth 1. */
  readonly weights: readonly Float64Array[];
  /** Labels kept per step. */
  readonly width: number;
}

/** `complete`: nothing was thrown away unseen, so that the first of `found` has the least load and none found means none there. */
export interface Labelled {
  /** Choices per step, by ascending load. */
  readonly found: readonly Int32Array[];
  readonly complete: boolean;
}

/** What a weighted sum may exceed 1 by before a label is given up: more than rounding can do. */
const SLACK = 1e-9;
/** Labels per kept one that a step may make before it thins them out. */
const RAW_PER_KEPT = 60;
const MOST_RAW = 1_000_000;
const PATIENCE = 255;
const MOST_FOUND = 200;

/**
 * Carries partial choices (labels) along the frontier. A label goes when for any of the weights the cheapest completion is
 * too dear, or when another in its state undercuts it in every column that counts.
 */
export function label(tables: Tables, quest: Quest, effort: Effort): Labelled {
  const { instance, frontier } = tables;
  const way = prepared(tables, quest);
  if (way === undefined) return { found: [], complete: true };
  const memory = remembered(instance, frontier, quest);
  const k = quest.columns.length;
  const M = quest.weights.length;
  const most = Math.max(2 * quest.width, Math.min(MOST_RAW, quest.width * RAW_PER_KEPT));
  let complete = true;
  let now = layer(k, M);
  let next = layer(k, M);
  now.count = 1;
  now.state[0] = 0;
  now.memory[0] = 0;
  now.sum.fill(0);
  now.dot.fill(0);
  const history: { readonly parent: Int32Array; readonly choice: Int32Array }[] = [];

  for (let step = 0; step < frontier.steps.length; step++) {
    next.count = 0;
    memory?.enter(step);
    for (let label = 0; label < now.count; label++) {
      if ((label & PATIENCE) === PATIENCE && spent(effort)) return { found: [], complete: false };
      expand(way, memory, step, now, label, next);
      if (next.count > most) {
        complete = false;
        keep(
          next,
          best(
            next,
            Int32Array.from({ length: next.count }, (_, i) => i),
            quest.width,
          ),
        );
      }
    }
    effort.nodes += next.count;
    let kept = dominant(next, frontier.steps[step]!.after, memory);
    if (kept.length > quest.width) {
      complete = false;
      kept = best(next, kept, quest.width);
    }
    keep(next, kept);
    history.push({ parent: next.parent.slice(0, next.count), choice: next.choice.slice(0, next.count) });
    [now, next] = [next, now];
  }
  const load = k - 1;
  const fits = [...range(now.count)].filter((i) => quest.columns.every((c, j) => now.sum[i * k + j]! <= quest.caps[c]! * (1 + ROUNDING)));
  fits.sort((i, j) => now.sum[i * k + load]! - now.sum[j * k + load]! || i - j);
  return { found: fits.slice(0, MOST_FOUND).map((i) => traceBack(history, i)), complete };
}

/** Completion bounds and choices per step, in the order the hot loop reads them. */
interface Way {
  readonly frontier: Frontier;
  readonly k: number;
  readonly weights: number;
  /** Per step: live choices of move m are `[first[m], first[m + 1])` of `choice`, cheapest by the first weights first. */
  readonly first: readonly Int32Array[];
  readonly choice: readonly Int32Array[];
  /** Per live choice, `k` columns and one price for each of the weights. */
  readonly sum: readonly Float64Array[];
  readonly dot: readonly Float64Array[];
  /** Per state before a step (and after the last), the least price to the end for each of the weights. */
  readonly rest: readonly Float64Array[];
}

/** `undefined`: no choice is cheap enough. */
function prepared(tables: Tables, { columns, weights }: Quest): Way | undefined {
  const { instance, frontier, first, live, go } = tables;
  const { steps } = frontier;
  for (const w of weights) if (strike(tables, w, 1 + SLACK) > 1 + SLACK) return undefined;
  const M = weights.length;
  const rest = go.map((list) => new Float64Array(list.length * M));
  weights.forEach((w, m) => {
    priceMoves(tables, w);
    goThrough(tables);
    go.forEach((list, k) => {
      const into = rest[k]!;
      for (let s = 0; s < list.length; s++) into[s * M + m] = list[s]!;
    });
  });
  const choice = steps.map(({ shift }, k) => {
    const ids = live[k]!.slice(0, first[k]![shift.length]!);
    const price = new Map([...ids].map((c) => [c, priceOf(instance, c, weights[0]!)]));
    for (let m = 0; m < shift.length; m++) ids.subarray(first[k]![m]!, first[k]![m + 1]!).sort((a, b) => price.get(a)! - price.get(b)!);
    return ids;
  });
  return {
    frontier,
    k: columns.length,
    weights: M,
    first: first.map((list) => list.slice()),
    choice,
    sum: choice.map((ids) => Float64Array.from([...ids].flatMap((c) => columns.map((r) => instance.cost[c * instance.columns + r]!)))),
    dot: choice.map((ids) => Float64Array.from([...ids].flatMap((c) => weights.map((w) => priceOf(instance, c, w))))),
    rest,
  };
}

/** Labels of one step, side by side; the arrays are longer than `count`. */
interface Layer {
  count: number;
  state: Int32Array;
  memory: Int32Array;
  parent: Int32Array;
  choice: Int32Array;
  sum: Float64Array;
  dot: Float64Array;
  /** The dearest completion over all weights. */
  score: Float64Array;
  readonly k: number;
  readonly weights: number;
}

function layer(k: number, weights: number): Layer {
  const n = 1 << 12;
  const whole = () => new Int32Array(n);
  const real = (per: number) => new Float64Array(n * per);
  const lists = { state: whole(), memory: whole(), parent: whole(), choice: whole(), sum: real(k), dot: real(weights), score: real(1) };
  return { count: 0, ...lists, k, weights };
}

function grow(layer: Layer): void {
  const whole = (old: Int32Array) => {
    const list = new Int32Array(old.length * 2);
    list.set(old);
    return list;
  };
  const real = (old: Float64Array) => {
    const list = new Float64Array(old.length * 2);
    list.set(old);
    return list;
  };
  layer.state = whole(layer.state);
  layer.memory = whole(layer.memory);
  layer.parent = whole(layer.parent);
  layer.choice = whole(layer.choice);
  layer.sum = real(layer.sum);
  layer.dot = real(layer.dot);
  layer.score = real(layer.score);
}

/** Appends to `next` every label that one more step makes of `label` and that may still be completed. */
function expand(way: Way, memory: Memory | undefined, step: number, now: Layer, label: number, next: Layer): void {
  const { k, weights: M } = way;
  const { key, base, start, shift } = way.frontier.steps[step]!;
  const first = way.first[step]!;
  const choice = way.choice[step]!;
  const sum = way.sum[step]!;
  const dot = way.dot[step]!;
  const rest = way.rest[step + 1]!;
  const state = now.state[label]!;
  const most = 1 + SLACK;
  const ownDot = label * M;
  const ownSum = label * k;
  const end = start[key[state]! + 1]!;
  for (let m = start[key[state]!]!; m < end; m++) {
    const to = base[state]! + shift[m]!;
    const going = to * M;
    const recalled = memory?.after(now.memory[label]!, m);
    if (recalled !== undefined && recalled.next < 0) continue;
    for (let i = first[m]!; i < first[m + 1]!; i++) {
      let worst = now.dot[ownDot]! + dot[i * M]! + rest[going]!;
      if (!(worst <= most)) break;
      let w = 1;
      for (; w < M; w++) {
        const x = now.dot[ownDot + w]! + dot[i * M + w]! + rest[going + w]!;
        if (x > worst) {
          if (x > most) break;
          worst = x;
        }
      }
      if (w < M) continue;
      if (next.count === next.state.length) grow(next);
      const n = next.count;
      for (let w = 0; w < M; w++) next.dot[n * M + w] = now.dot[ownDot + w]! + dot[i * M + w]!;
      for (let c = 0; c < k; c++) next.sum[n * k + c] = now.sum[ownSum + c]! + sum[i * k + c]!;
      next.memory[n] = now.memory[label]!;
      if (recalled !== undefined) {
        for (let w = 0; w < M; w++) {
          next.dot[n * M + w]! += recalled.dot[w]!;
          worst = Math.max(worst, next.dot[n * M + w]! + rest[going + w]!);
        }
        if (worst > most) continue;
        for (let c = 0; c < k; c++) next.sum[n * k + c]! += recalled.sum[c]!;
        next.memory[n] = recalled.next;
      }
      next.state[n] = to;
      next.parent[n] = label;
      next.choice[n] = choice[i]!;
      next.score[n] = worst;
      next.count++;
    }
  }
}

/** Labels that no other of the same state and memory undercuts, by ascending index. */
function dominant(layer: Layer, states: number, memory: Memory | undefined): Int32Array {
  const { count, state, sum, k } = layer;
  // Labels grouped by state and memory: those of group g are `members[start[g] .. start[g + 1])`.
  const group = new Int32Array(count);
  const numbers = memory === undefined ? undefined : new Map<number, number>();
  let groups = 0;
  const ofState = new Int32Array(numbers === undefined ? states : 0).fill(-1);
  for (let i = 0; i < count; i++) {
    if (numbers === undefined) {
      if (ofState[state[i]!]! < 0) ofState[state[i]!] = groups++;
      group[i] = ofState[state[i]!]!;
      continue;
    }
    const name = layer.memory[i]! * states + state[i]!;
    const known = numbers.get(name);
    if (known === undefined) numbers.set(name, groups);
    group[i] = known ?? groups++;
  }
  const start = new Int32Array(groups + 1);
  for (let i = 0; i < count; i++) start[group[i]! + 1]!++;
  for (let g = 0; g < groups; g++) start[g + 1]! += start[g]!;
  const members = new Int32Array(count);
  const filled = start.slice();
  for (let i = 0; i < count; i++) members[filled[group[i]!]!++] = i;

  const stays = new Uint8Array(count);
  let staying = 0;
  for (let g = 0; g < groups; g++)
    for (const i of skyline(members.subarray(start[g]!, start[g + 1]!), sum, k)) {
      stays[i] = 1;
      staying++;
    }
  const kept = new Int32Array(staying);
  for (let i = 0, at = 0; i < count; i++) if (stays[i] === 1) kept[at++] = i;
  return kept;
}

/** The `count` labels of least score (of equals the first), by ascending index. */
function best({ score }: Layer, labels: Int32Array, count: number): Int32Array {
  const limit = Float64Array.from(labels, (i) => score[i]!).sort()[count]!;
  const below = labels.reduce((n, i) => n + (score[i]! < limit ? 1 : 0), 0);
  let equal = count - below;
  return labels.filter((i) => score[i]! < limit || (score[i] === limit && equal-- > 0));
}

/** Moves the labels `kept` (ascending) to the front and forgets the rest. */
function keep(layer: Layer, kept: Int32Array): void {
  const { k, weights: M, state, memory, parent, choice, sum, dot, score } = layer;
  kept.forEach((from, to) => {
    state[to] = state[from]!;
    memory[to] = memory[from]!;
    parent[to] = parent[from]!;
    choice[to] = choice[from]!;
    score[to] = score[from]!;
    sum.copyWithin(to * k, from * k, from * k + k);
    dot.copyWithin(to * M, from * M, from * M + M);
  });
  layer.count = kept.length;
}

function traceBack(history: readonly { readonly parent: Int32Array; readonly choice: Int32Array }[], last: number): Int32Array {
  const choices = new Int32Array(history.length);
  for (let step = history.length - 1, label = last; step >= 0; step--) {
    choices[step] = history[step]!.choice[label]!;
    label = history[step]!.parent[label]!;
  }
  return choices;
}

const range = (n: number): Iterable<number> => Array(n).keys();
