import { workOf } from "./loads.js";
import type { Option } from "./options.js";
import type { CrossbarProblem, LayerId } from "./plan.js";
import { shopOf, timed, waiting } from "./schedule.js";
import type { Site } from "./settle.js";

/** What a placement comes to, by samples. Per inference, in seconds. */
export interface Estimate {
  readonly latency: number;
  readonly waiting: number;
}

/** Inferences of a table: everything forth, then back. */
const INFERENCES = 2;

/**
 * Schedules the loads of a placement before there are tables: firing takes what it will, writing what it took in a sample.
 *
 * @param options of each layer.
 * @param depth layers that take turns on the same cells; where none do, the first load of an inference is what the last one left.
 */
export function estimate(
  { machine, layers }: CrossbarProblem,
  options: readonly Option[],
  sites: readonly Site[],
  depth: number,
): Estimate {
  const counts = new Array<number>(machine.crossbars).fill(0);
  eachSite(options, sites, (_, loads, crossbar) => {
    counts[crossbar]! += INFERENCES * loads;
  });
  const work = workOf(counts);
  const next = work.begins.slice();
  eachSite(options, sites, (layer, loads, crossbar) => {
    const { rounds, fire, inner, between } = options[layer]!;
    for (let load = 0; load < loads; load++) {
      const { time, fetched } = load % rounds > 0 ? inner : load > 0 || depth > 1 ? between : NOTHING;
      const forth = next[crossbar]! + load;
      for (const at of [forth, forth + counts[crossbar]! / INFERENCES]) {
        work.layer[at] = layer;
        work.program[at] = time;
        work.fetch[at] = fetched / machine.offChipRate;
        work.fire[at] = fire;
      }
    }
    next[crossbar]! += loads;
  });
  const times = timed(work, INFERENCES, shopOf({ machine, layers }));
  return { latency: times.length / INFERENCES, waiting: waiting(work, times) / INFERENCES };
}

const NOTHING = { time: 0, fetched: 0 };

/** Each crossbar of each layer with the loads that it takes of it per inference. */
function eachSite(
  options: readonly Option[],
  sites: readonly Site[],
  visit: (layer: LayerId, loads: number, crossbar: number) => void,
): void {
  options.forEach(({ lanes, rounds, strips }, layer) => {
    sites[layer]!.crossbars.forEach((crossbar, x) => {
      visit(layer, Math.ceil((strips - (x % lanes)) / lanes) * rounds, crossbar);
    });
  });
}
