import { type Bytes, bytes, type Cycles, cycles } from "../../../base/units.js";
import { transferCycles } from "../../../cost/traffic.js";
import type { ScratchpadProblem, StepId } from "../plan.js";
import { type Network, networkOf } from "./contents.js";
import { type Job, leastMakespan } from "./jackson.js";
import { mostOverlap } from "./overlap.js";
import { type Fetch, workAlong, workOfAllOrders } from "./work.js";

/** Cycles that no plan undercuts, and which argument says so. */
export interface Floor {
  readonly cycles: Cycles;
  readonly proof: string;
}

/** Larger networks are bounded by the sums of what each resource has to do. */
const MOST_STEPS = 6_000;
/** Pairs of a fetch and a step that are looked at; of more fetches the longest. */
const MOST_PAIRS = 400_000;

/**
 * A bound on the latency of every plan: engine, DMA in and DMA out each have their own work, none of it before what it
 * needs or after what needs it; and where a step leaves no room for a buffer, that step and a transfer of it exclude one
 * another.
 *
 * @param nonCompulsory bytes spilled and re-fetched by every plan in question
 * @param order bounds the plans that run the steps in this order; all orders when absent
 * @see docs/math/scratchpad.md, section 12
 */
export function latencyFloor(problem: ScratchpadProblem, nonCompulsory: Bytes, order?: readonly StepId[]): Floor {
  const network = networkOf(problem);
  const work = order !== undefined ? workAlong(network, order) : network.steps <= MOST_STEPS ? workOfAllOrders(network) : undefined;
  const { head, tail, fetches } = work ?? plainWork(network);
  const least = (of: (s: StepId) => number) => network.duration.reduce((most, _, s) => Math.min(most, of(s)), Number.POSITIVE_INFINITY);

  const engine = Array.from(network.duration, (length, s): Job => ({ head: head[s]!, length, tail: tail[s]! }));
  // Every spill that is of use is fetched again, so at least half of these bytes come in.
  const counted = fetches.reduce((sum, { again, length }) => (again ? sum + length : sum), 0);
  const half = transferCycles(bytes(Math.ceil(nonCompulsory / 2)), problem.machine.offChipRate);
  const again = Math.max(0, half - counted);
  const outward = network.contents.flatMap(({ final, writer, transfer }): Job[] =>
    final ? [{ head: head[writer]! + network.duration[writer]!, length: transfer, tail: 0 }] : [],
  );
  const floors: readonly (readonly [number, string])[] = [
    [leastMakespan(engine), "work of the engine, with what must precede and follow it"],
    [
      leastMakespan([...fetches, { head: 0, length: again, tail: least((s) => network.duration[s]! + tail[s]!) }]),
      "transfers in that no plan avoids, with what must precede and follow them",
    ],
    [leastMakespan(outward), "transfers out that no plan avoids, with what must precede them"],
    [apart(network, fetches, again) + least((s) => tail[s]!), "transfers in and the steps that leave no room for them"],
  ];
  const [most, proof] = floors.reduce((a, b) => (b[0] > a[0] ? b : a));
  return { cycles: cycles(most), proof };
}

/** Cycles that engine and DMA in take together when they overlap wherever a step leaves room for a fetch. */
function apart({ steps, duration }: Network, fetches: readonly Fetch[], again: number): number {
  const most = Math.max(1, Math.floor(MOST_PAIRS / steps));
  const longest = fetches.length <= most ? fetches : fetches.toSorted((a, b) => b.length - a.length).slice(0, most);
  const everywhere = Int32Array.from({ length: steps }, (_, s) => s);
  const lengths = Float64Array.from([...longest.map(({ length }) => length), again]);
  const overlap = mostOverlap(lengths, duration, [...longest.map((fetch) => fetch.beside()), everywhere]);
  return lengths.reduce((a, b) => a + b, 0) + duration.reduce((a, b) => a + b, 0) - overlap;
}

/** What each resource has to do, with nothing said about what comes before or after. */
function plainWork({ steps, contents, blocks }: Network) {
  const fetches = contents.flatMap(({ buffer, writer, transfer }): Fetch[] =>
    writer >= 0
      ? []
      : [
          {
            head: 0,
            length: transfer,
            tail: 0,
            again: false,
            beside: () => Int32Array.from({ length: steps }, (_, s) => s).filter((s) => !blocks(s, buffer)),
          },
        ],
  );
  return { head: new Float64Array(steps), tail: new Float64Array(steps), fetches };
}
