import { COMPULSORY, type Replay } from "../base/replay.js";
import { secondsOf } from "../cost/latency.js";
import type { ScratchpadProblem } from "../planners/scratchpad/plan.js";

/** The figures of `plan --json`, each counted from the Replay. The key carries the unit; utilisations are shares of 1. */
export interface Metrics {
  readonly offChipBytes: number;
  readonly offChipReadBytes: number;
  readonly offChipWriteBytes: number;
  readonly compulsoryBytes: number;
  readonly inputBytes: number;
  readonly weightBytes: number;
  readonly outputBytes: number;
  readonly nonCompulsoryBytes: number;
  readonly spillBytes: number;
  readonly refetchBytes: number;
  readonly latencyCycles: number;
  readonly latencySeconds: number;
  readonly energyPicojoules: number;
  readonly peakBytes: number;
  readonly capacityBytes: number;
  readonly engineBusyCycles: number;
  readonly engineUtilisation: number;
  readonly dmaInBusyCycles: number;
  readonly dmaInUtilisation: number;
  readonly dmaOutBusyCycles: number;
  readonly dmaOutUtilisation: number;
  readonly operators: number;
  readonly transfers: number;
}

/** Counts everything anew from the events and the ledger; only latency, energy and peak are the judge's own totals. */
export function metrics(replay: Replay, problem: ScratchpadProblem): Metrics {
  const byCause = { input: 0, weight: 0, output: 0, spill: 0, refetch: 0 };
  const byDirection = { in: 0, out: 0 };
  for (const row of replay.ledger) {
    byCause[row.cause] += row.size;
    byDirection[row.direction] += row.size;
  }
  const busy = { compute: 0, fetch: 0, store: 0 };
  for (const event of replay.events) busy[event.kind] += event.end - event.start;

  const compulsoryBytes = COMPULSORY.reduce((sum, cause) => sum + byCause[cause], 0);
  const { latency, energy, peak } = replay.totals;
  const share = (cycles: number): number => (latency === 0 ? 0 : cycles / latency);
  return {
    offChipBytes: byDirection.in + byDirection.out,
    offChipReadBytes: byDirection.in,
    offChipWriteBytes: byDirection.out,
    compulsoryBytes,
    inputBytes: byCause.input,
    weightBytes: byCause.weight,
    outputBytes: byCause.output,
    nonCompulsoryBytes: byCause.spill + byCause.refetch,
    spillBytes: byCause.spill,
    refetchBytes: byCause.refetch,
    latencyCycles: latency,
    latencySeconds: secondsOf(latency, problem.machine.clock),
    energyPicojoules: energy,
    peakBytes: peak[0] ?? 0,
    capacityBytes: problem.machine.capacity,
    engineBusyCycles: busy.compute,
    engineUtilisation: share(busy.compute),
    dmaInBusyCycles: busy.fetch,
    dmaInUtilisation: share(busy.fetch),
    dmaOutBusyCycles: busy.store,
    dmaOutUtilisation: share(busy.store),
    operators: replay.steps.length,
    transfers: replay.events.reduce((n, event) => n + (event.kind === "compute" ? 0 : 1), 0),
  };
}
