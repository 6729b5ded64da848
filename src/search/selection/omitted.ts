import type { Frontier } from "./frontier.js";
import type { Instance } from "./instance.js";
import type { Quest } from "./labels.js";

/**
 * What labels must remember where edges were left out of the frontier: the classes at the one end of such an edge until
 * its other end is met, when its converter is paid. Memories are numbered anew by every step that changes them; at the start
 * there is one, number 0.
 */
export interface Memory {
  /** To be called before each step in turn. */
  readonly enter: (step: number) => void;
  /** What the step does to a memory by move `move`; `undefined`: nothing. */
  readonly after: (memory: number, move: number) => Recalled | undefined;
}

/** What is paid, and the memory afterwards; -1 where a pair of classes is not allowed. */
export interface Recalled {
  readonly next: number;
  readonly sum: Float64Array;
  readonly dot: Float64Array;
}

/** A left-out edge where its node is taken in: as producer or consumer, as the first of the two to be met or the second. */
interface End {
  readonly factor: number;
  readonly outgoing: boolean;
  readonly opens: boolean;
}

export function remembered(instance: Instance, frontier: Frontier, quest: Quest): Memory | undefined {
  if (frontier.omitted.length === 0) return undefined;
  const ends = endsPerStep(instance, frontier);
  const converters = new Map(frontier.omitted.map((edge) => [instance.nodes + edge, converterTable(instance, instance.nodes + edge)]));
  let now = 0;
  let known: ReadonlyMap<number, number>[] = [new Map()];
  let made = known;
  let numbers = new Map<string, number>();
  let seen = new Map<number, Recalled>();

  const enter = (step: number): void => {
    now = step;
    known = made;
    if (ends[step]!.length === 0) return;
    made = [];
    numbers = new Map();
    seen = new Map();
  };

  const number = (memory: ReadonlyMap<number, number>): number => {
    const name = [...memory].map(([factor, value]) => `${factor}:${value}`).join();
    const old = numbers.get(name);
    if (old !== undefined) return old;
    numbers.set(name, made.length);
    return made.push(memory) - 1;
  };

  const recall = (before: number, move: number): Recalled => {
    const sum = new Float64Array(quest.columns.length);
    const dot = new Float64Array(quest.weights.length);
    const { factor, from } = frontier.steps[now]!;
    const { first, second, start } = instance.factors[factor]!;
    const pair = start.lastIndexOf(from[move]!, start.length - 2);
    const memory = new Map(known[before]!);
    for (const end of ends[now]!) {
      const own = end.outgoing ? second[pair]! : first[pair]!;
      if (end.opens) {
        memory.set(end.factor, own);
        continue;
      }
      const other = memory.get(end.factor)!;
      memory.delete(end.factor);
      const { table, across } = converters.get(end.factor)!;
      const choice = end.outgoing ? table[own * across + other]! : table[other * across + own]!;
      if (choice < 0) return { next: -1, sum, dot };
      quest.columns.forEach((column, c) => {
        sum[c]! += instance.cost[choice * instance.columns + column]!;
      });
      quest.weights.forEach((weights, w) => {
        for (let c = 0; c < instance.columns; c++) dot[w]! += weights[c]! * instance.cost[choice * instance.columns + c]!;
      });
    }
    return { next: number(new Map([...memory].sort(([a], [b]) => a - b))), sum, dot };
  };

  const after = (memory: number, move: number): Recalled | undefined => {
    if (ends[now]!.length === 0) return undefined;
    const name = memory * frontier.steps[now]!.shift.length + move;
    const old = seen.get(name);
    if (old !== undefined) return old;
    const recalled = recall(memory, move);
    seen.set(name, recalled);
    return recalled;
  };

  return { enter, after };
}

function endsPerStep({ factors, nodes }: Instance, { steps, omitted }: Frontier): readonly (readonly End[])[] {
  const met = new Map(steps.map(({ factor }, step) => [factor, step]));
  const nodeOf = (variable: number) => variable >> 1;
  return steps.map(({ factor: node }, step) =>
    node >= nodes
      ? []
      : omitted.flatMap((edge): End[] => {
          const { a, b } = factors[nodes + edge]!;
          const [from, to] = [nodeOf(a), nodeOf(b)];
          if (from !== node && to !== node) return [];
          return [{ factor: nodes + edge, outgoing: from === node, opens: met.get(from === node ? to : from)! > step }];
        }),
  );
}

/** The choice of each pair of values of an edge, or -1. */
function converterTable({ factors, values }: Instance, factor: number): { readonly table: Int32Array; readonly across: number } {
  const { a, b, first, second, start } = factors[factor]!;
  const across = values[b]!;
  const table = new Int32Array(values[a]! * across).fill(-1);
  first.forEach((value, pair) => {
    table[value * across + second[pair]!] = start[pair]!;
  });
  return { table, across };
}
