import {
  always,
  at,
  binary,
  bitsFor,
  choice,
  concatenation,
  drive,
  type Expression,
  every,
  type Item,
  input,
  type Module,
  next,
  output,
  register,
  sized,
  slice,
  unary,
  when,
  wire,
} from "./tree.js";

/** Beats that wait before an unpacker at most. */
export const QUEUE_BEATS = 32;

/**
 * The module between bus and fragment buffers of one layer: a queue of 32 beats, and a register from which words of `width` bits are
 * cut, one per cycle at most. `push` puts `beat` into the queue, which holds `queued`; `fill` hands over `word`, in cycles with `room`.
 * What is left of a fragment's last beat is dropped.
 *
 * Bits in hand are counted in units of the greatest power of two that divides `width` and the bus: beats are shifted by whole units.
 */
export function unpackerModule(name: string, comment: string, busBits: number, width: number, fragmentWords: number): Module {
  const unit = Math.min(busBits, width & -width);
  const [perWord, perBeat] = [width / unit, busBits / unit];
  const held = bitsFor(perWord + perBeat - 1);
  const wide = width + busBits;
  const places = bitsFor(QUEUE_BEATS - 1);
  const queued = bitsFor(QUEUE_BEATS);
  const count = bitsFor(fragmentWords - 1);
  const zeros = (n: number): Expression => sized(n, 0);
  const shift = bitsFor(Math.max(1, perWord - 1));
  const position: Expression =
    unit === 1 ? slice("kept", shift - 1, 0) : concatenation(slice("kept", shift - 1, 0), zeros(Math.log2(unit)));
  const items: Item[] = [
    { kind: "register", name: "queue", width: busBits, length: QUEUE_BEATS, attributes: { ram_style: "distributed" } },
    register("head", places),
    register("tail", places),
    { kind: "comment", text: `What is in hand, lowest bits first, and how much: in units of ${unit} bits.` },
    register("hand", wide),
    register("held", held),
    register("written", count),
    drive("fill", every(binary("held", ">=", sized(held, perWord)), "room")),
    drive("word", slice("hand", width - 1, 0)),
    wire("last", 1, every("fill", binary("written", "==", sized(count, fragmentWords - 1)))),
    wire("kept", held, choice("last", zeros(held), choice("fill", binary("held", "-", sized(held, perWord)), "held"))),
    wire("rest", wide, choice("last", zeros(wide), choice("fill", binary("hand", ">>", width), "hand"))),
    wire("pull", 1, every(binary("kept", "<", sized(held, perWord)), binary("queued", "!=", zeros(queued)))),
    wire("beat_out", wide, concatenation(zeros(width), at("queue", "head"))),
    always("clock", when("push", [next(at("queue", "tail"), "beat")])),
    always(
      "clock",
      when(
        "reset",
        [
          ...[next("head", zeros(places)), next("tail", zeros(places)), next("queued", zeros(queued))],
          ...[next("hand", zeros(wide)), next("held", zeros(held)), next("written", zeros(count))],
        ],
        [
          when("push", [next("tail", binary("tail", "+", sized(places, 1)))]),
          when("pull", [next("head", binary("head", "+", sized(places, 1)))]),
          when(every("push", unary("!", "pull")), [next("queued", binary("queued", "+", sized(queued, 1)))]),
          when(every("pull", unary("!", "push")), [next("queued", binary("queued", "-", sized(queued, 1)))]),
          next("held", choice("pull", binary("kept", "+", sized(held, perBeat)), "kept")),
          next("hand", choice("pull", binary("rest", "|", perWord === 1 ? "beat_out" : binary("beat_out", "<<", position)), "rest")),
          ...(fragmentWords > 1
            ? [when("fill", [next("written", choice("last", zeros(count), binary("written", "+", sized(count, 1))))])]
            : []),
        ],
      ),
    ),
  ];
  return {
    name,
    comment,
    ports: [
      input("clock"),
      input("reset"),
      { ...output("queued", queued), register: true },
      input("push"),
      input("beat", busBits),
      input("room"),
      output("fill"),
      output("word", width),
    ],
    items,
  };
}
