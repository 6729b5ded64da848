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
const TIE: Mode = { regional: false, active: true, wide: false };
const ACTIVE: Mode = { regional: false, active: true, wide: true };
const REGION: Mode = { regional: true, active: false, wide: false };
const HOT_REGION: Mode = { regional: true, active: true, wide: true };

/** One restart: which items come first, and how the next one is picked. */
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

/** After the opening: an order drawn at random, and the modes in turn. */
export interface Endgame {
  readonly orders: readonly Order[];
  readonly modes: readonly Mode[];
}

export const FEASIBILITY: Endgame = {
  orders: [
    { by: [{ noisy: "lifetime" }, "load"] },
    { by: ["load", { noisy: "lifetime" }] },
    { by: [{ noisy: "area" }] },
    { by: [{ noisy: "size" }] },
    { by: [{ noisy: "lifetime" }] },
    { by: ["load", { noisy: "area" }] },
    { by: ["load", { noisy: "size" }] },
  ],
  modes: [HOT_REGION, HOT_REGION, ACTIVE, HOT_REGION, TIE, HOT_REGION, REGION],
};

/** What lowered the height best on instances whose minimum is above the load bound. */
export const TIGHT: Endgame = {
  orders: [{ by: [{ noisy: "lifetime" }, "load"] }, { by: ["load", { noisy: "lifetime" }] }],
  modes: [TIE, ACTIVE, TIE, HOT_REGION],
};

/** The restarts of one search, without end: mode and rank of every item (0 first). */
export function* strategies(instance: Instance, endgame: Endgame, seed: number): Generator<{ mode: Mode; preference: Int32Array }, never> {
  const random = rng(seed);
  const values = criteria(instance);
  for (const { order, mode } of OPENING) yield { mode, preference: preferenceOf(values, order, random) };
  for (let k = 0; ; k++) {
    const order = endgame.orders[Math.floor(random() * endgame.orders.length)]!;
    yield { mode: endgame.modes[k % endgame.modes.length]!, preference: preferenceOf(values, order, random) };
  }
}

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
  const ranked = Int32Array.from(values.size.keys()).sort((a, b) => {
    for (const key of keys) if (key[a] !== key[b]) return key[b]! - key[a]!;
    return a - b;
  });
  const preference = new Int32Array(ranked.length);
  ranked.forEach((item, rank) => {
    preference[item] = rank;
  });
  return preference;
}

/** Luby's restart sequence 1 1 2 1 1 2 4 ..., from `k` = 1: within a constant factor of the best fixed schedule. */
export function luby(k: number): number {
  for (let i = k; ; ) {
    let power = 1;
    while (2 * power - 1 < i) power *= 2;
    if (2 * power - 1 === i) return power;
    i -= power - 1;
  }
}
