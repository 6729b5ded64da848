import type { Factor, Instance } from "./instance.js";

/**
 * An order in which to take in the factors of an instance, and between two of them the frontier: the variables that have
 * been met and will be met again. A state of the frontier is one value for each of them. Whatever adds up over factors has its
 * minimum found by one pass over the states; graphs of neural networks are narrow enough that there are few.
 */
export interface Frontier {
  readonly steps: readonly Step[];
  /** Edges (index in the selection) left out so that no step has too many moves; their costs count as nothing in passes. */
  readonly omitted: readonly number[];
  /** States before all steps together. */
  readonly states: number;
}

/** Takes in one factor: from state `s`, every move `m` in `[start[key[s]], start[key[s] + 1])` leads to state `base[s] + shift[m]`. */
export interface Step {
  readonly factor: number;
  readonly states: number;
  readonly after: number;
  readonly key: Int32Array;
  readonly base: Int32Array;
  readonly start: Int32Array;
  readonly shift: Int32Array;
  /** A move has the choices `[from[m], to[m])` of the instance. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/**
 * The narrowest order among those that start at either end of the network, rather at the last: the largest layers are there, and
 * what is hard to fit is best met while there are few labels.
 *
 * @param moves a step may have before edges are left out.
 */
export function frontierOf(instance: Instance, moves = MOST_MOVES): Frontier {
  for (let most = moves; ; most /= 4) {
    const plans = [true, false].flatMap((backwards) =>
      [true, false].flatMap((last) =>
        CAUTION.map((caution) => {
          const made = arrange(instance, last, backwards, caution, most);
          return { ...made, worth: last && backwards ? made.moves : made.moves * DEARER };
        }),
      ),
    );
    const best = plans.reduce((a, b) => ((b.omitted.length - a.omitted.length || b.worth - a.worth) < 0 ? b : a));
    if (best.moves > MOST_MOVES_TOGETHER && most > 64) continue;
    const steps = best.turns.map((turn) => stepOf(instance, turn));
    return { steps, omitted: best.omitted, states: steps.reduce((sum, { states }) => sum + states, 0) };
  }
}

const MOST_MOVES = 200_000;
const MOST_MOVES_TOGETHER = 3_000_000;
/** By what factor an order from the first layer must be narrower. */
const DEARER = 1.25;
/** How much a factor that waits at the frontier weighs against the size of the frontier (its logarithm). */
const CAUTION = [0.02, 0.2];

interface Turn {
  readonly factor: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

interface Arrangement {
  readonly turns: readonly Turn[];
  readonly omitted: readonly number[];
  readonly moves: number;
}

/** Next comes the factor that leaves a narrow frontier with few factors waiting at it; where that is not narrow enough, an edge is left out. */
function arrange({ factors, nodes, values }: Instance, last: boolean, backwards: boolean, caution: number, most: number): Arrangement {
  const waiting = new Set(factors.keys());
  const touching: number[][] = Array.from(values, () => []);
  factors.forEach(({ a, b }, f) => {
    touching[a]!.push(f);
    touching[b]!.push(f);
  });
  const left = Int32Array.from(touching, (list) => list.length);
  const place = ({ a, b }: Factor) => (backwards ? -1 : 1) * (a + b);
  const size = (variables: Iterable<number>) => {
    let product = 1;
    for (const v of variables) product *= values[v]!;
    return product;
  };
  const turns: Turn[] = [];
  const omitted: number[] = [];
  let open: readonly number[] = [];
  let moves = 0;

  while (waiting.size > 0) {
    const live = open.filter((v) => left[v]! > 0);
    const reachable = [...new Set(live.flatMap((v) => touching[v]!))].filter((f) => waiting.has(f));
    const candidates = reachable.length > 0 ? reachable : [endOf(waiting, nodes, last)];
    const priced = candidates.map((f) => {
      const { a, b } = factors[f]!;
      const union = [...new Set([...live, a, b])];
      const kept = union.filter((v) => left[v]! > (v === a || v === b ? 1 : 0));
      return { f, met: size(union), weight: Math.log(size(kept)) + caution * kept.reduce((sum, v) => sum + left[v]!, 0) };
    });
    const before = (x: (typeof priced)[number], y: (typeof priced)[number]) =>
      x.weight - y.weight || x.met - y.met || place(factors[x.f]!) - place(factors[y.f]!);
    const next = priced.reduce((x, y) => (before(y, x) < 0 ? y : x));
    if (next.met > most) {
      const edges = candidates.filter((f) => f >= nodes);
      const slack = (f: number) => Math.min(...[factors[f]!.a, factors[f]!.b].filter((v) => live.includes(v)).map((v) => left[v]!));
      if (edges.length > 0) {
        const out = edges.reduce((x, y) => (slack(y) < slack(x) ? y : x));
        omitted.push(out - nodes);
        waiting.delete(out);
        left[factors[out]!.a]!--;
        left[factors[out]!.b]!--;
        continue;
      }
    }
    const { a, b } = factors[next.f]!;
    waiting.delete(next.f);
    left[a]!--;
    left[b]!--;
    const after = [...new Set([...live, a, b])].filter((v) => left[v]! > 0);
    turns.push({ factor: next.f, before: open, after });
    moves += size(new Set([...open, a, b]));
    open = after;
  }
  return { turns, omitted: omitted.sort((x, y) => x - y), moves };
}

/** The first node that waits, or the last. */
function endOf(waiting: ReadonlySet<number>, nodes: number, last: boolean): number {
  const list = [...waiting].filter((f) => f < nodes);
  return last ? list.at(-1)! : list[0]!;
}

function stepOf({ factors, values }: Instance, { factor, before, after }: Turn): Step {
  const { a, b, first, second, start: choices } = factors[factor]!;
  const stride = (list: readonly number[], variable: number) => {
    const at = list.indexOf(variable);
    return at < 0 ? 0 : list.slice(at + 1).reduce((product, v) => product * values[v]!, 1);
  };
  const states = before.reduce((product, v) => product * values[v]!, 1);
  const digits = before.map((v) => ({ by: stride(before, v), of: values[v]!, to: stride(after, v) }));
  const met = { a: before.includes(a), b: before.includes(b) };
  const wide = met.b ? values[b]! : 1;
  const keys = (met.a ? values[a]! : 1) * wide;

  const key = new Int32Array(states);
  const base = new Int32Array(states);
  const [byA, byB] = [stride(before, a), stride(before, b)];
  for (let s = 0; s < states; s++) {
    let to = 0;
    for (const digit of digits) to += (Math.floor(s / digit.by) % digit.of) * digit.to;
    base[s] = to;
    key[s] = (met.a ? Math.floor(s / byA) % values[a]! : 0) * wide + (met.b ? Math.floor(s / byB) % values[b]! : 0);
  }

  const keyOf = (p: number) => (met.a ? first[p]! : 0) * wide + (met.b ? second[p]! : 0);
  const pairs = [...first.keys()].sort((p, q) => keyOf(p) - keyOf(q) || p - q);
  const start = new Int32Array(keys + 1);
  for (const p of pairs) start[keyOf(p) + 1]!++;
  for (let k = 0; k < keys; k++) start[k + 1]! += start[k]!;
  const [toA, toB] = [met.a ? 0 : stride(after, a), met.b ? 0 : stride(after, b)];
  return {
    factor,
    states,
    after: after.reduce((product, v) => product * values[v]!, 1),
    key,
    base,
    start,
    shift: Int32Array.from(pairs, (p) => first[p]! * toA + second[p]! * toB),
    from: Int32Array.from(pairs, (p) => choices[p]!),
    to: Int32Array.from(pairs, (p) => choices[p + 1]!),
  };
}
