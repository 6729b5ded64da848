import { type Rng, rng } from "../../base/rng.js";
import type { Mode } from "./branch.js";
import type { Instance } from "./instance.js";

/** What makes an item come early: its heaviest section, size, lifetime, size times lifetime, number of sections. */
type Criterion = "load" | "size" | "lifetime" | "area" | "sections";

/** Criteria in order of weight; `noisy` ones are blurred, so that every restart sees another order. */
interface Order {
  readonly by: readonly (Criterion | { readonly noisy: Criterion })[];
}

const LOW: Mode = { regional: false, active: false, wide: false };
export const TIE: Mode = { regional: false, active: true, wide: false };
const ACTIVE: Mode = { regional: false, active: true, wide: true };
const REGION: Mode = { regional: true, active: false, wide: false };
const HOT_REGION: Mode = { regional: true, active: true, wide: true };

/** One run of the tree search from the empty path. */
export interface Restart {
  readonly mode: Mode;
  /** Rank of every item, 0 first. */
  readonly preference: Int32Array;
  readonly nodes: number;
  /** Forget what earlier runs learnt of failures. */
  readonly afresh: boolean;
  /** To be called when the run finds a packing. */
  readonly adopt?: () => void;
}

/** The restarts of one search, without end. */
export type Restarts = (instance: Instance, seed: number) => Iterable<Restart>;

/** Nodes of a short run, per item: a few times what it takes to place them all without a failure. */
const SHORT_RUN = 3;
export const shortRun = ({ free }: Instance): number => SHORT_RUN * Math.max(1, free);

/** Which items come first, and how the next one is picked. */
interface Strategy {
  readonly order: Order;
  readonly mode: Mode;
}

/** Tried first, each once. They pack most real instances within a few thousand nodes. */
const OPENING: readonly Strategy[] = [
  { order: { by: ["load", "lifetime", "area"] }, mode: LOW },
  { order: { by: ["load", "sections", "size"] }, mode: LOW },
  { order: { by: ["area", "lifetime", "load"] }, mode: ACTIVE },
  { order: { by: ["lifetime", "area", "load"] }, mode: TIE },
  { order: { by: ["load", "size", "lifetime"] }, mode: REGION },
  { order: { by: ["load", "area", "lifetime"] }, mode: LOW },
];

/** After the opening an order drawn at random, and the modes in turn. */
const ORDERS: readonly Order[] = [
  { by: [{ noisy: "lifetime" }, "load"] },
  { by: ["load", { noisy: "lifetime" }] },
  { by: [{ noisy: "area" }] },
  { by: [{ noisy: "size" }] },
  { by: [{ noisy: "lifetime" }] },
  { by: ["load", { noisy: "area" }] },
  { by: ["load", { noisy: "size" }] },
];
const MODES: readonly Mode[] = [HOT_REGION, HOT_REGION, ACTIVE, HOT_REGION, TIE, HOT_REGION, REGION];

/** Ever other orders with growing node limits, so that a run long enough to be conclusive comes in the end. */
export const broadSearch: Restarts = function* (instance, seed) {
  const random = rng(seed);
  const values = criteria(instance);
  const restart = ({ order, mode }: Strategy, run: number): Restart => ({
    mode,
    preference: preferenceOf(values, order, random),
    nodes: shortRun(instance) * luby(run),
    afresh: false,
  });
  let run = 0;
  for (const strategy of OPENING) yield restart(strategy, ++run);
  for (let k = 0; ; k++) {
    const order = ORDERS[Math.floor(random() * ORDERS.length)]!;
    yield restart({ order, mode: MODES[k % MODES.length]! }, ++run);
  }
};

function criteria({ free, size, first, from, to, load, lifetime }: Instance): Readonly<Record<Criterion, Float64Array>> {
  const values = {
    load: new Float64Array(free),
    size: Float64Array.from(size.subarray(0, free)),
    lifetime: lifetime.subarray(0, free),
    area: new Float64Array(free),
    sections: new Float64Array(free),
  };
  for (let i = 0; i < free; i++) {
    values.area[i] = size[i]! * lifetime[i]!;
    for (let k = first[i]!; k < first[i + 1]!; k++) {
      values.sections[i]! += to[k]! - from[k]!;
      for (let s = from[k]!; s < to[k]!; s++) values.load[i] = Math.max(values.load[i]!, load[s]!);
    }
  }
  return values;
}

/** Largest first by the order's criteria. A blurred value is its logarithm plus up to 0.7, the same draw for all criteria of one order. */
function preferenceOf(values: Readonly<Record<Criterion, Float64Array>>, order: Order, random: Rng): Int32Array {
  const noise = values.size.map(() => 0.7 * random());
  const keys = order.by.map((c) => (typeof c === "string" ? values[c] : values[c.noisy].map((v, i) => Math.log(v) + noise[i]!)));
  return ranks(values.size.length, (a, b) => {
    for (const key of keys) if (key[a] !== key[b]) return key[b]! - key[a]!;
    return 0;
  });
}

/** The rank of each of `count` items, 0 first; those that compare equal by index. */
export function ranks(count: number, compare: (a: number, b: number) => number): Int32Array {
  const ranked = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => compare(a, b) || a - b);
  const rank = new Int32Array(count);
  ranked.forEach((item, at) => {
    rank[item] = at;
  });
  return rank;
}

/** Luby's restart sequence 1 1 2 1 1 2 4 ..., from `k` = 1: within a constant factor of the best fixed schedule. */
function luby(k: number): number {
  for (let i = k; ; ) {
    let power = 1;
    while (2 * power - 1 < i) power *= 2;
    if (2 * power - 1 === i) return power;
    i -= power - 1;
  }
}
