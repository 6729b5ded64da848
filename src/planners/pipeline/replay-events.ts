import type { ReplayEvent } from "../../base/replay.js";
import { bytes, cycles } from "../../base/units.js";
import type { Dma, Engine, PipelineProblem } from "./plan.js";
import type { Flow } from "./replay-flow.js";
import { BINS, SHOWN_FRAMES, type StreamRun } from "./replay-stream.js";

/**
 * What the weight stream sends from its start to the end of the frames that are shown: beats are too many, so that those of
 * each of `BINS` equal spans stand side by side, port by port, each as long as its beats take.
 */
export function dmaEvents(
  { layers }: PipelineProblem,
  { ports, warmUp, busBits }: Dma,
  { sent }: StreamRun,
  interval: number,
  start: number,
  firstStep: number,
  engines: readonly Engine[],
): ReplayEvent[] {
  const span = (warmUp + SHOWN_FRAMES * interval) / BINS;
  const events: ReplayEvent[] = [];
  let free = start;
  for (let bin = 0; bin < BINS; bin++) {
    free = Math.max(free, start + Math.ceil(bin * span));
    ports.forEach((layer, port) => {
      const beats = sent[bin * ports.length + port]!;
      if (beats === 0) return;
      events.push({
        resource: 0,
        start: cycles(free),
        end: cycles(free + beats),
        name: layers[layer]!.weights!.tensor,
        kind: "fetch",
        cause: "weight-stream",
        size: bytes(Math.ceil((beats * busBits) / 8)),
        step: firstStep + engines.findIndex((engine) => engine.layer === layer),
      });
      free += beats;
    });
  }
  return events;
}

/** Each engine at work on each frame that is shown, from the frame's first pixel to its last result. */
export function engineEvents(
  { layers }: PipelineProblem,
  engines: readonly Engine[],
  ran: Flow | undefined,
  interval: number,
  start: number,
  firstStep: number,
  firstResource: number,
): ReplayEvent[] {
  return engines.flatMap(({ layer }, e) =>
    Array.from({ length: SHOWN_FRAMES }, (_, f): ReplayEvent => {
      const from = start + Math.floor(ran?.begun[e]?.[f] ?? f * interval);
      const to = start + Math.ceil(ran?.ended[e]?.[f] ?? (f + 1) * interval);
      const next = start + Math.floor(ran?.begun[e]?.[f + 1] ?? (f + 1) * interval);
      return {
        resource: firstResource + layer,
        start: cycles(from),
        // The next frame enters while the last results of this one leave.
        end: cycles(Math.max(from, Math.min(to, next))),
        name: layers[layer]!.name,
        kind: "compute",
        step: firstStep + e,
      };
    }),
  );
}
