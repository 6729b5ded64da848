import type { Selection, SelectionOption } from "../../search/selection/problem.js";
import type { Option } from "./options.js";

/**
 * AutoWS's way of choosing (Yu, Bouganis, arXiv 2311.04764, and the solver of its public code): all unrolls begin at 1; the
 * slowest layer gets the next larger one, in phases that favour the kernel, then one side or the other, each until its first
 * failure; after every move the weights are laid out from scratch, all on chip first, then off chip where that frees most memory
 * for the least traffic. It chooses among the options of the exact solver that let no pixels share a sweep.
 *
 * @returns the option of each node, or undefined where even the smallest engines do not fit.
 */
export function greedy(selection: Selection, options: readonly (readonly Option[])[]): Greedy | undefined {
  const ladders = options.map((all, node) => laddersOf(all, selection.nodes[node]!.options));
  if (ladders.some((all) => all.length === 0)) return undefined;
  const layOut = makeLayOut(selection, ladders);
  const from = (rank: (ladder: Ladder) => number) => layOut(ladders.map((all) => leastBy(all, rank)));
  // Whole kernels at once need fewer converters, where LUTs are short.
  let now = from(({ size }) => size) ?? from(({ size, unroll: { kernel } }) => size / kernel - kernel / WIDEST_KERNEL);
  if (now === undefined) return undefined;

  /** Moves the slowest layer on for as long as that helps; whether it ever did. */
  const climb = ({ moves, allowed, before }: Phase): boolean => {
    for (let moved = false; ; moved = true) {
      const { rungs, time }: LaidOut = now!;
      const node = slowest(selection, now!.choice, (n) => moves(options[n]![0]!));
      const here = ladders[node]![rungs[node]!]!;
      const next = ladders[node]!.filter((ladder) => ladder.size > here.size && ladder.time < here.time && allowed(ladder, here))
        .sort((a, b) => a.size - b.size || before(a, b))
        .slice(0, TRIES)
        .map((ladder) => layOut(rungs.with(node, ladders[node]!.indexOf(ladder))))
        .find((tried) => tried !== undefined && tried.time <= time);
      if (next === undefined) return moved;
      now = next;
    }
  };
  climb(FINE);
  while (COARSE.map(climb).some((moved) => moved));
  return now;
}

/** Next larger unrolls of a layer that are tried before a phase ends; the published search tries one, which is often a dead end here. */
const TRIES = 4;
const WIDEST_KERNEL = 1e6;

export interface Greedy {
  readonly choice: readonly number[];
  readonly time: number;
}

/** The ways to lay out the weights of one unroll, least traffic first. */
interface Ladder {
  readonly unroll: Option["unroll"];
  readonly size: number;
  /** Of the fastest of them. */
  readonly time: number;
  readonly steps: readonly { readonly option: number; readonly costs: readonly number[]; readonly load: number; readonly time: number }[];
}

interface Phase {
  /** Whose slowest is moved on. */
  readonly moves: (option: Option) => boolean;
  readonly allowed: (next: Ladder, here: Ladder) => boolean;
  /** Which of two of equal size comes first. */
  readonly before: (a: Ladder, b: Ladder) => number;
}

const sameBut = (next: Ladder, here: Ladder, free: readonly (keyof Option["unroll"])[]): boolean =>
  (["in", "out", "group", "kernel"] as const).every((factor) => free.includes(factor) || next.unroll[factor] === here.unroll[factor]);

const FINE: Phase = {
  moves: ({ memory }) => memory !== undefined,
  allowed: (next, here) => sameBut(next, here, ["kernel"]),
  before: (a, b) => a.unroll.kernel - b.unroll.kernel,
};
const coarse = (free: readonly (keyof Option["unroll"])[], favoured: "in" | "out"): Phase => ({
  moves: () => true,
  allowed: (next, here) => sameBut(next, here, free),
  before: (a, b) => b.unroll[favoured] - a.unroll[favoured],
});
const COARSE = [
  coarse(["in", "out", "group"], "out"),
  coarse(["out", "group"], "out"),
  coarse(["in", "group"], "in"),
  coarse(["in", "out", "group"], "in"),
];

function laddersOf(options: readonly Option[], rows: readonly SelectionOption[]): readonly Ladder[] {
  const byUnroll = new Map<string, number[]>();
  options.forEach(({ unroll, memory }, o) => {
    // The published search knows no reuse.
    if (memory !== undefined && memory.reuse > 1) return;
    const key = `${unroll.in} ${unroll.out} ${unroll.group} ${unroll.kernel}`;
    const all = byUnroll.get(key);
    if (all === undefined) byUnroll.set(key, [o]);
    else all.push(o);
  });
  return [...byUnroll.values()].map((members) => {
    const { unroll } = options[members[0]!]!;
    const steps = members.map((option) => ({ option, ...pick(rows[option]!) })).sort((a, b) => a.load - b.load || a.time - b.time);
    return {
      unroll,
      size: unroll.in * unroll.out * unroll.group * unroll.kernel,
      time: steps.reduce((least, { time }) => Math.min(least, time), Number.POSITIVE_INFINITY),
      steps,
    };
  });
}

const pick = ({ costs, load, time }: SelectionOption) => ({ costs, load, time });

function slowest({ nodes }: Selection, choice: readonly number[], counts: (node: number) => boolean): number {
  const timeOf = (node: number) => (counts(node) ? nodes[node]!.options[choice[node]!]!.time : -1);
  return leastBy(
    nodes.map((_, node) => node),
    (node) => -timeOf(node),
  );
}

/** Index of the first with the least rank. */
function leastBy<T>(all: readonly T[], rank: (item: T) => number): number {
  const ranks = all.map(rank);
  return ranks.indexOf(ranks.reduce((least, r) => Math.min(least, r), Number.POSITIVE_INFINITY));
}

type LaidOut = Greedy & { readonly rungs: readonly number[] };

/** Lays out the weights for given unrolls: least traffic first; while something is short, the step that frees most of it for the least more. */
function makeLayOut({ budgets, rate, fixedLoad, edges, nodes }: Selection, ladders: readonly (readonly Ladder[])[]) {
  const prices = edges.map(({ converters }) => new Map(converters.map(({ out, in: taken, costs }) => [`${out} ${taken}`, costs])));
  return (rungs: readonly number[]): LaidOut | undefined => {
    const at = ladders.map(() => 0);
    const ladder = (node: number) => ladders[node]![rungs[node]!]!;
    const step = (node: number) => ladder(node).steps[at[node]!]!;
    const spent = budgets.map(() => 0);
    for (let node = 0; node < nodes.length; node++) addTo(spent, step(node).costs);
    for (const [e, { from, to }] of edges.entries()) {
      const [out, taken] = [nodes[from]!.options[step(from).option]!.out, nodes[to]!.options[step(to).option]!.in];
      const costs = prices[e]!.get(`${out} ${taken}`);
      if (costs !== undefined) addTo(spent, costs);
      else if (out !== taken) return undefined;
    }
    const short = () => budgets.findIndex((budget, r) => spent[r]! > budget);
    for (let r = short(); r >= 0; r = short()) {
      let best: { readonly node: number; readonly to: number; readonly worth: number } | undefined;
      for (let node = 0; node < nodes.length; node++) {
        const here = step(node);
        for (let to = at[node]! + 1; to < ladder(node).steps.length; to++) {
          const next = ladder(node).steps[to]!;
          const freed = here.costs[r]! - next.costs[r]!;
          const worth = freed / Math.max(1, next.load - here.load);
          if (freed > 0 && (best === undefined || worth > best.worth)) best = { node, to, worth };
        }
      }
      if (best === undefined) return undefined;
      addTo(spent, step(best.node).costs, -1);
      at[best.node] = best.to;
      addTo(spent, step(best.node).costs);
    }
    const load = nodes.reduce((sum, _, node) => sum + step(node).load, fixedLoad);
    const time = nodes.reduce((most, _, node) => Math.max(most, step(node).time), load / rate);
    return { choice: nodes.map((_, node) => step(node).option), time, rungs };
  };
}

function addTo(sum: number[], costs: readonly number[], sign = 1): void {
  for (let r = 0; r < sum.length; r++) sum[r]! += sign * costs[r]!;
}
