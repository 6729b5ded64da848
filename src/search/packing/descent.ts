import { rng } from "../../base/rng.js";
import { type Restart, type Restarts, ranks, shortRun, TIE } from "./orders.js";

/** What led to the lowest packing known, indexed like the items of the packing problem. */
export interface Lead {
  /** What was added to the logarithm of each item's lifetime to rank it. */
  readonly blur: Float64Array;
  /** Where each item lies. */
  readonly offsets: Float64Array;
}

/** Share of the runs that start from a new blur, and of the others that follow the offsets. */
const FRESH = 0.15;
const FOLLOWING = 0.3;
/** Width of a new blur, of a change to a known one, and of the blur over offsets (in heights of the packing). */
const BLUR = 0.4;
const CHANGE = 0.1;
const SHAKE = 0.02;

/**
 * Short runs for a height just below one that was reached. Among items that could stand equally low, the longest-lived
 * comes first, blurred a little; a blur that led to a packing is the one that later runs vary. Other runs put first what
 * lies lowest in the lowest packing. Each forgets the failures of the one before: they belong to its order.
 */
export const descent = (lead: Lead): Restarts =>
  function* (instance, seed) {
    const random = rng(seed);
    const { free, origin, lifetime, capacity, unit } = instance;
    const longevity = lifetime.subarray(0, free).map(Math.log);
    const nodes = shortRun(instance);
    const by = (key: Float64Array, adopt?: () => void): Restart => {
      const preference = ranks(free, (a, b) => key[b]! - key[a]!);
      return { mode: TIE, preference, nodes, afresh: true, ...(adopt && { adopt }) };
    };
    for (;;) {
      const fresh = random() < FRESH;
      if (!fresh && random() < FOLLOWING) {
        yield by(longevity.map((_, i) => SHAKE * random() - lead.offsets[origin[i]!]! / (capacity * unit)));
        continue;
      }
      const blur = longevity.map((_, i) => (fresh ? BLUR * random() : lead.blur[origin[i]!]! + CHANGE * (random() - 0.5)));
      yield by(
        longevity.map((v, i) => v + blur[i]!),
        () => {
          for (let i = 0; i < free; i++) lead.blur[origin[i]!] = blur[i]!;
        },
      );
    }
  };
