import type { Dma } from "../../planners/pipeline/plan.js";
import type { Weights } from "./clockwork.js";
import { QUEUE_BEATS } from "./unpacker.js";

/** A stage whose weights are streamed, in the order of the ports. */
export interface StreamedStage {
  /** Index of the stage. */
  readonly stage: number;
  /** Bits of a word. */
  readonly width: number;
  readonly period: { readonly length: number; readonly streamed: number };
  readonly buffers: number;
}

/** One bit of credit, and beats of credit in hand at most. */
const CREDIT = 65536;
const HOARD = 4;

/**
 * The weight stream cycle by cycle, without the weights: credit, table of slots, queues, unpackers and fragment buffers as the emitted
 * modules have them. Engines take words when they like; the judge's replay knows only even ones. Source: docs/math/pipeline.md, "DMA".
 */
export function weightClock(
  streamed: readonly StreamedStage[],
  { busBits, slots, rate, warmUp }: Pick<Dma, "busBits" | "slots" | "rate" | "warmUp">,
): Weights {
  const ports = streamed.map((stage) => ({ ...stage, queued: 0, held: 0, written: 0, full: 0, place: 0 }));
  const byStage = new Map(ports.map((port) => [port.stage, port]));
  const price = busBits * CREDIT;
  let [credit, slot, sent, taken] = [0, 0, 0, false];
  return {
    warmUp,
    ready: (stage) => {
      const port = byStage.get(stage);
      return port === undefined || port.full > 0 || port.place < port.period.length - port.period.streamed;
    },
    tick: (takes) => {
      const { port: to, beats } = slots[slot]!;
      const request = taken || ports[to]!.queued <= QUEUE_BEATS - beats;
      const send = request && credit >= price;
      ports.forEach((port, i) => {
        const { width, period, buffers } = port;
        const fill = port.held >= width && port.full < buffers;
        const last = fill && port.written === period.streamed - 1;
        const kept = last ? 0 : fill ? port.held - width : port.held;
        const pull = kept < width && port.queued > 0;
        port.held = pull ? kept + busBits : kept;
        port.queued += (send && i === to ? 1 : 0) - (pull ? 1 : 0);
        if (fill) port.written = last ? 0 : port.written + 1;
        if (last) port.full++;
        if (!takes[port.stage]) return;
        port.place = port.place + 1 === period.length ? 0 : port.place + 1;
        if (port.place === 0) port.full--;
      });
      credit = Math.min(HOARD * price, credit - (send ? price : 0) + rate);
      taken = request;
      if (send) sent++;
      if (request ? sent === beats : true) {
        [sent, taken] = [0, false];
        slot = slot + 1 === slots.length ? 0 : slot + 1;
      }
    },
  };
}
