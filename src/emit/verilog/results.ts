import type { Values } from "./requantise.js";
import { queue, queueName } from "./stream.js";
import { always, binary, bitsFor, type Expression, every, type Item, type Module, next, register, sized, when, wire } from "./tree.js";

/** Registers and queue between the last step of a computation and the stream: results on the way that no credit covers would be lost. */
export interface Tail {
  /** To be declared before what starts results. */
  readonly credit: readonly Item[];
  readonly items: readonly Item[];
  readonly modules: readonly Module[];
}

/** Wire that says whether one more result may be started. */
export const CREDITED = "credited";

/** Cycles from the push into a queue until a credit that the word held is there again, if it is taken at once. */
const ROUND_TRIP = 3;

/** Words that must fit behind `stages` registers so that `kept` may wait while one word per cycle is on the way. */
export const roomOf = (kept: number, stages: number): number => kept + stages + ROUND_TRIP;

/**
 * Ends a module in the queue of its results. `start` holds in the cycle in which a result is begun, which is allowed only while
 * `credited`; some fixed number of cycles later it stands in `values`.
 */
export function tail(values: Values, lanes: number, start: Expression, kept: number): Tail {
  const width = lanes * values.bits;
  const room = roomOf(kept, values.stages);
  const bits = bitsFor(room);
  return {
    modules: [queue(width, room)],
    credit: [
      { kind: "comment", text: "Places in the queue of results that nothing on the way will take." },
      register("credit", bits),
      wire(CREDITED, 1, binary("credit", "!=", 0)),
    ],
    items: [
      ...values.items,
      wire("left", 1, every("out_valid", "out_ready")),
      always(
        "clock",
        when("reset", [next("credit", sized(bits, room))], [next("credit", binary(binary("credit", "+", "left"), "-", start))]),
      ),
      {
        kind: "instance",
        module: queueName(width, room),
        name: "results",
        connections: {
          clock: "clock",
          reset: "reset",
          in_valid: values.valid,
          in_ready: undefined,
          in_data: values.data,
          out_valid: "out_valid",
          out_ready: "out_ready",
          out_data: "out_data",
        },
      },
    ],
  };
}
