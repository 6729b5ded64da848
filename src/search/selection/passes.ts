import type { Frontier } from "./frontier.js";
import type { Instance } from "./instance.js";

/** Memory of the passes over one frontier, written anew by each. */
export interface Tables {
  readonly instance: Instance;
  readonly frontier: Frontier;
  /** Per step: move `m` may take the choices `live[first[m]] .. live[first[m + 1] - 1]`. */
  readonly first: readonly Int32Array[];
  readonly live: readonly Int32Array[];
  /** Per step and move: the least price of its choices, and the choice. */
  readonly price: readonly Float64Array[];
  readonly cheapest: readonly Int32Array[];
  /** Per step and state before it: the least price of coming there, and of going on from there to the end. */
  readonly come: readonly Float64Array[];
  readonly go: readonly Float64Array[];
  /** Per step and state after it: the state and the move it is reached by most cheaply. */
  readonly fromState: readonly Int32Array[];
  readonly byMove: readonly Int32Array[];
}

export function tablesOf(instance: Instance, frontier: Frontier): Tables {
  const { steps } = frontier;
  const perMove = <T>(make: (n: number) => T) => steps.map(({ shift }) => make(shift.length));
  const before = <T>(make: (n: number) => T) => steps.map(({ states }) => make(states));
  const after = <T>(make: (n: number) => T) => steps.map((step) => make(step.after));
  return {
    instance,
    frontier,
    first: perMove((n) => new Int32Array(n + 1)),
    live: steps.map(({ from, to }) => new Int32Array(to.reduce((sum, end, m) => sum + end - from[m]!, 0))),
    price: perMove((n) => new Float64Array(n)),
    cheapest: perMove((n) => new Int32Array(n)),
    come: [...before((n) => new Float64Array(n)), new Float64Array(1)],
    go: [...before((n) => new Float64Array(n)), new Float64Array(1)],
    fromState: after((n) => new Int32Array(n)),
    byMove: after((n) => new Int32Array(n)),
  };
}

/** Lets in the choices of time at most `time`, and no others. */
export function admit({ instance, frontier, first, live }: Tables, time: number): void {
  frontier.steps.forEach(({ from, to }, k) => {
    const [starts, choices] = [first[k]!, live[k]!];
    let count = 0;
    for (let m = 0; m < from.length; m++) {
      for (let c = from[m]!; c < to[m]! && instance.time[c]! <= time; c++) choices[count++] = c;
      starts[m + 1] = count;
    }
  });
}

/** Prices every move at `weights` per unit of each column. */
export function priceMoves({ instance, first, live, price, cheapest }: Tables, weights: Float64Array): void {
  const { cost, columns } = instance;
  const column = Int32Array.from([...weights.keys()].filter((c) => weights[c]! > 0));
  const weight = Float64Array.from(column, (c) => weights[c]!);
  for (let k = 0; k < price.length; k++) {
    const [starts, choices, prices, best] = [first[k]!, live[k]!, price[k]!, cheapest[k]!];
    for (let m = 0; m < prices.length; m++) {
      let least = Number.POSITIVE_INFINITY;
      let at = -1;
      for (let i = starts[m]!; i < starts[m + 1]!; i++) {
        const c = choices[i]!;
        let sum = 0;
        for (let r = 0; r < column.length; r++) sum += weight[r]! * cost[c * columns + column[r]!]!;
        if (sum < least) {
          least = sum;
          at = c;
        }
      }
      prices[m] = least;
      best[m] = at;
    }
  }
}

/**
 * Drops every choice with which no whole choice has a price of at most `most`, and prices the moves that are left.
 * @returns the least price of a whole choice.
 */
export function strike(tables: Tables, weights: Float64Array, most: number): number {
  priceMoves(tables, weights);
  const least = comeThrough(tables);
  if (least > most) return least;
  goThrough(tables);
  const { instance, frontier, first, live, come, go } = tables;
  frontier.steps.forEach(({ key, base, start, shift, states }, k) => {
    const rest = new Float64Array(shift.length).fill(Number.POSITIVE_INFINITY);
    const [here, next] = [come[k]!, go[k + 1]!];
    for (let s = 0; s < states; s++) {
      const x = here[s]!;
      if (x === Number.POSITIVE_INFINITY) continue;
      for (let m = start[key[s]!]!; m < start[key[s]! + 1]!; m++) {
        const y = x + next[base[s]! + shift[m]!]!;
        if (y < rest[m]!) rest[m] = y;
      }
    }
    const [starts, choices] = [first[k]!, live[k]!];
    let count = 0;
    for (let m = 0, i = 0; m < rest.length; m++) {
      for (const end = starts[m + 1]!; i < end; i++)
        if (rest[m]! + priceOf(instance, choices[i]!, weights) <= most) choices[count++] = choices[i]!;
      starts[m + 1] = count;
    }
  });
  priceMoves(tables, weights);
  return least;
}

export function priceOf({ cost, columns }: Instance, choice: number, weights: Float64Array): number {
  let sum = 0;
  for (let r = 0; r < columns; r++) sum += weights[r]! * cost[choice * columns + r]!;
  return sum;
}

/** Fills `come`. @returns the least price of a whole choice; infinite where there is none. */
export function comeThrough({ frontier, price, come, fromState, byMove }: Tables): number {
  const { steps } = frontier;
  come[0]!.fill(0);
  for (let k = 0; k < steps.length; k++) {
    const { key, base, start, shift, states } = steps[k]!;
    const here = come[k]!;
    const next = come[k + 1]!;
    const prices = price[k]!;
    const states0 = fromState[k]!;
    const moves = byMove[k]!;
    next.fill(Number.POSITIVE_INFINITY);
    for (let s = 0; s < states; s++) {
      const x = here[s]!;
      if (x === Number.POSITIVE_INFINITY) continue;
      const from = base[s]!;
      const end = start[key[s]! + 1]!;
      for (let m = start[key[s]!]!; m < end; m++) {
        const y = x + prices[m]!;
        const to = from + shift[m]!;
        if (y < next[to]!) {
          next[to] = y;
          states0[to] = s;
          moves[to] = m;
        }
      }
    }
  }
  return come[steps.length]![0]!;
}

/** Fills `go`. @returns the same as `comeThrough`. */
export function goThrough({ frontier, price, go }: Tables): number {
  const { steps } = frontier;
  go[steps.length]!.fill(0);
  for (let k = steps.length - 1; k >= 0; k--) {
    const { key, base, start, shift, states } = steps[k]!;
    const here = go[k]!;
    const next = go[k + 1]!;
    const prices = price[k]!;
    for (let s = 0; s < states; s++) {
      const from = base[s]!;
      const end = start[key[s]! + 1]!;
      let least = Number.POSITIVE_INFINITY;
      for (let m = start[key[s]!]!; m < end; m++) {
        const y = prices[m]! + next[from + shift[m]!]!;
        if (y < least) least = y;
      }
      here[s] = least;
    }
  }
  return go[0]![0]!;
}

/** The choices of the last `comeThrough`, one per step. */
export function traced({ frontier, cheapest, fromState, byMove }: Tables): Int32Array {
  const choices = new Int32Array(frontier.steps.length);
  let state = 0;
  for (let k = choices.length - 1; k >= 0; k--) {
    choices[k] = cheapest[k]![byMove[k]![state]!]!;
    state = fromState[k]![state]!;
  }
  return choices;
}
