import type { ReplayEvent } from "../../base/replay.js";
import { bytes, cycles } from "../../base/units.js";
import { type Times, wholeCycles } from "./events.js";
import type { Programme } from "./replay-programme.js";

export const ARRAY = 0;
export const DMA = 1;

/** Bundles of jobs that a group is shown in, on each resource; fewer where a bundle has many layers. */
const MOST_BUNDLES = 64;
const LEAST_BUNDLES = 4;
const BUNDLED_LAYERS = 256;

/**
 * What array and DMA channel do while a group runs. Jobs in a row are bundled, so that a plan of many tiles stays readable:
 * in a bundle every layer, and every kind of transfer, appears once, as long as it takes in all of these jobs together and
 * not before it first happens. Bytes are exact, busy time to a cycle per event; how often something happens within a bundle
 * is not seen.
 *
 * @param names of the layers of the group
 * @param step of the group's first layer
 * @param origin cycle at which the group starts
 */
export function eventsOf(programme: Programme, times: Times, names: readonly string[], step: number, origin: number): ReplayEvent[] {
  const { jobs, layer, transfers, moves, rate } = programme;
  const events: ReplayEvent[] = [];
  const last = origin + wholeCycles(times.end);
  const at = (t: number) => cycles(Math.min(last, origin + wholeCycles(t)));

  const computing = makeBundle<number>((k, start, end) => {
    events.push({ resource: ARRAY, start: at(start), end: at(end), name: names[k]!, kind: "compute", step: step + k });
  });
  const bundles = Math.min(MOST_BUNDLES, Math.max(LEAST_BUNDLES, Math.floor(BUNDLED_LAYERS / names.length)));
  const jobsEach = Math.ceil(jobs.count / bundles / names.length) * names.length;
  for (let j = 0; j < jobs.count; j++) {
    if (jobs.compute[j]! > 0) computing.add(layer[j]!, times.computeStart[j]!, jobs.compute[j]!, 0);
    if ((j + 1) % jobsEach === 0) computing.close();
  }
  computing.close();

  const moving = makeBundle<number>((id, start, end, size) => {
    const { layer: k, tensor, direction, cause } = transfers[id]!;
    const kind = direction === "in" ? "fetch" : "store";
    events.push({ resource: DMA, start: at(start), end: at(end), name: tensor, kind, cause, size: bytes(size), step: step + k });
  });
  const order = inTime(programme, times);
  const movesEach = Math.ceil(order.length / bundles);
  // A job's loads, and its stores, follow each other.
  let job = -1;
  let outward = false;
  let now = 0;
  order.forEach((i, n) => {
    const id = moves.transfer[i]!;
    const out = transfers[id]!.direction === "out";
    if (moves.job[i] !== job || out !== outward) {
      job = moves.job[i]!;
      outward = out;
      now = (out ? times.storeStart : times.loadStart)[job]!;
    }
    const length = moves.size[i]! / rate;
    moving.add(id, now, length, moves.size[i]!);
    now += length;
    if ((n + 1) % movesEach === 0) moving.close();
  });
  moving.close();
  return events;
}

/** Numbers of the moves in the order in which the channel makes them. */
function inTime({ transfers, moves }: Programme, { loadStart, storeStart }: Times): readonly number[] {
  const startOf = (i: number) => (transfers[moves.transfer[i]!]!.direction === "in" ? loadStart : storeStart)[moves.job[i]!]!;
  const loads: number[] = [];
  const stores: number[] = [];
  moves.transfer.forEach((id, i) => {
    (transfers[id]!.direction === "in" ? loads : stores).push(i);
  });
  const order: number[] = [];
  let s = 0;
  for (const i of loads) {
    while (s < stores.length && startOf(stores[s]!) < startOf(i)) order.push(stores[s++]!);
    order.push(i);
  }
  return [...order, ...stores.slice(s)];
}

/** Adds up what is alike and shows it, in the order of its first start, when the bundle closes. */
function makeBundle<Key>(show: (key: Key, start: number, end: number, size: number) => void) {
  const parts = new Map<Key, { readonly start: number; length: number; size: number }>();
  let free = 0;
  return {
    add(key: Key, start: number, length: number, size: number): void {
      const part = parts.get(key);
      if (part === undefined) parts.set(key, { start, length, size });
      else {
        part.length += length;
        part.size += size;
      }
    },
    close(): void {
      for (const [key, { start, length, size }] of parts) {
        const from = Math.max(free, start);
        free = from + length;
        show(key, from, free, size);
      }
      parts.clear();
    },
  };
}
