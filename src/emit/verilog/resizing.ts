import type { Scaling } from "../integer/network.js";
import { counter } from "./counter.js";
import { requantised, type Values } from "./requantise.js";
import { CREDITED, tail } from "./results.js";
import { ramStyle, streamPorts } from "./stream.js";
import {
  always,
  at,
  binary,
  choice,
  drive,
  type Expression,
  every,
  type Module,
  next,
  not,
  register,
  sized,
  unary,
  when,
  wire,
} from "./tree.js";

/** A map whose rows and columns are each sent several times. */
export interface ResizeShape {
  readonly lanes: number;
  /** Of a row that comes in. */
  readonly columns: number;
  /** Of a pixel. */
  readonly words: number;
  /** How often each row and each column is sent. */
  readonly rowTimes: number;
  readonly columnTimes: number;
  readonly bitsIn: number;
  readonly bitsOut: number;
  readonly scaling: Scaling;
}

/**
 * Nearest neighbour by whole factors: a memory of two rows, one filled while the other is sent, a word per cycle.
 * Source: docs/math/pipeline.md, "The emitted machine, clock by clock".
 */
export function resizing(name: string, shape: ResizeShape): readonly Module[] {
  const { lanes, columns, words, rowTimes, columnTimes, bitsIn, bitsOut, scaling } = shape;
  const size = columns * words;
  const width = lanes * bitsIn;
  const place = counter("place", size);
  const [part, again, column, pass] = [
    counter("part", words),
    counter("again", columnTimes),
    counter("column", columns, [words]),
    counter("pass", rowTimes),
  ];
  const sent = [part, again, column, pass];
  const half = (bit: Expression) => choice(bit, size, 0);
  const plus = (a: Expression, b: Expression): Expression => binary(a, "+", b);
  const values: Values = {
    items: [
      { kind: "register", name: "rows", width, length: 2 * size, attributes: ramStyle({ width, depth: 2 * size }) },
      register("fetched", width),
      register("fetched_valid", 1, sized(1, 0)),
      always(
        "clock",
        when("write", [next(at("rows", plus(half("filling"), place.value)), "in_data")]),
        when("start", [next("fetched", at("rows", plus(plus(half("reading"), column.times(words)), part.value)))]),
        next("fetched_valid", every("start", not("reset"))),
      ),
    ],
    data: "fetched",
    valid: "fetched_valid",
    bits: bitsIn,
    stages: 1,
  };
  const end = tail(requantised(values, lanes, scaling, bitsOut), lanes, "start", 1);
  return [
    {
      name,
      comment: `Every row of ${columns} pixels sent ${rowTimes} times, every pixel in it ${columnTimes} times, ${lanes} channels a word.`,
      ports: streamPorts(width, lanes * bitsOut),
      items: [
        ...end.credit,
        { kind: "comment", text: "Rows that are there as a whole: one is sent, another waits." },
        register("full", 2),
        register("filling", 1),
        register("reading", 1),
        ...[place, ...sent].flatMap(({ items }) => items),
        drive("in_ready", binary("full", "!=", sized(2, 2))),
        wire("write", 1, every("in_valid", "in_ready")),
        wire("filled", 1, every("write", place.last)),
        wire("start", 1, every(binary("full", "!=", sized(2, 0)), CREDITED)),
        wire("emptied", 1, every("start", ...sent.map(({ last }) => last))),
        always(
          "clock",
          when(
            "reset",
            [...["full", "filling", "reading"].map((of) => next(of, 0)), ...[place, ...sent].flatMap(({ cleared }) => cleared)],
            [
              when("write", place.step),
              when("filled", [next("filling", unary("!", "filling"))]),
              when("start", [
                ...part.step,
                when(part.last, [...again.step, when(again.last, [...column.step, when(column.last, pass.step)])]),
              ]),
              when("emptied", [next("reading", unary("!", "reading"))]),
              next("full", binary(plus("full", "filled"), "-", "emptied")),
            ],
          ),
        ),
        ...end.items,
      ],
    },
    ...end.modules,
  ];
}
