import type { Slot } from "../../planners/pipeline/plan.js";
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
  type Statement,
  set,
  sized,
  slice,
  some,
  task,
  text,
  when,
  wire,
} from "./tree.js";
import { QUEUE_BEATS } from "./unpacker.js";

/** What the module that walks the table knows. */
export interface DmaParts {
  readonly busBits: number;
  readonly slots: readonly Slot[];
  /** Per port: where its data begin in the image, and how long they are, in beats. They are read again and again. */
  readonly regions: readonly { readonly first: number; readonly beats: number }[];
}

export const SLOT_FILE = "data/slots.hex";

const PORT_BEATS = bitsFor(QUEUE_BEATS);

/** Bits of a beat's number in the image. */
export const addressBits = (regions: DmaParts["regions"]): number => bitsFor(regions.reduce((n, { beats }) => n + beats, 0) - 1);

const portBits = (regions: DmaParts["regions"]): number => bitsFor(regions.length - 1);

/** Most beats of a slot. */
const SLOT_BEATS = 16;
const LEFT = bitsFor(SLOT_BEATS - 1);

/** The lines of the table's init file: the port, then one less than the beats. */
export const slotLines = ({ slots }: DmaParts): readonly string[] =>
  slots.map(({ port, beats }) => (port * SLOT_BEATS + beats - 1).toString(16));

/**
 * The module that walks the table of slots. Standing before a slot it looks whether all its beats have room in the port's queue (`queued_N`);
 * then it asks for them one by one (`request`, `address`), otherwise it passes the slot over. Every cycle with `grant` carries a beat,
 * which `push_N` puts into the queue of port N.
 */
export function dmaModule({ slots, regions }: DmaParts): Module {
  const [p, a, i] = [portBits(regions), addressBits(regions), bitsFor(slots.length - 1)];
  const entry = p + LEFT;
  const only = slots.length === 1;
  const first = slots[0] ?? { port: 0, beats: 1 };
  const byPort = (target: string, value: (port: number) => Expression): Item => ({
    kind: "always",
    body: [
      {
        kind: "case",
        of: "port",
        arms: regions.slice(1).map((_, n) => ({ values: [sized(p, n)], body: [set(target, value(n))] })),
        otherwise: [set(target, value(regions.length - 1))],
      },
    ],
  });
  const following: readonly Item[] = only
    ? [wire("following", entry, sized(entry, first.port * SLOT_BEATS + first.beats - 1))]
    : [
        {
          kind: "register",
          name: "slots",
          width: entry,
          length: slots.length,
          attributes: { ram_style: "registers", rom_style: "distributed" },
        },
        { kind: "initial", body: [task("$readmemh", text(SLOT_FILE), "slots")] },
        { kind: "comment", text: "The table is read one slot ahead." },
        register("following", entry),
        register("position", i),
        wire(
          "succeeding",
          i,
          choice(binary("position", "==", sized(i, slots.length - 1)), sized(i, 0), binary("position", "+", sized(i, 1))),
        ),
        wire("read", i, choice("reset", sized(i, 1), choice("advance", "succeeding", "position"))),
        always("clock", next("following", at("slots", "read")), next("position", "read")),
      ];
  const pointers: readonly Item[] = regions.map((_, n) => register(`pointer_${n}`, a));
  const moves: readonly Statement[] = regions.map(({ first: start, beats }, n) =>
    when(`push_${n}`, [
      next(
        `pointer_${n}`,
        choice(binary(`pointer_${n}`, "==", sized(a, start + beats - 1)), sized(a, start), binary(`pointer_${n}`, "+", sized(a, 1))),
      ),
    ]),
  );
  return {
    name: "weight_dma",
    comment: [
      "Walks the table of slots for ever. A slot is taken when all its beats have room in the queue of its port and passed over",
      "when they have not. The data of a port follow one another in the image, so that slots carry no address.",
    ].join("\n"),
    ports: [
      input("clock"),
      input("reset"),
      output("request"),
      output("address", a),
      input("grant"),
      ...regions.flatMap((_, n) => [input(`queued_${n}`, PORT_BEATS), output(`push_${n}`)]),
    ],
    items: [
      register("port", p),
      { kind: "comment", text: "Beats of the slot that are still to come, less one; whether it is taken." },
      register("left", LEFT),
      register("taken", 1),
      register("queued", PORT_BEATS),
      byPort("queued", (n) => `queued_${n}`),
      wire(
        "fits",
        1,
        binary("queued", "<=", binary(sized(PORT_BEATS, QUEUE_BEATS - 1), "-", concatenation(sized(PORT_BEATS - LEFT, 0), "left"))),
      ),
      drive("request", some("taken", "fits")),
      wire("send", 1, every("request", "grant")),
      wire("advance", 1, choice("request", every("grant", binary("left", "==", sized(LEFT, 0))), sized(1, 1))),
      ...following,
      register("place", a),
      byPort("place", (n) => `pointer_${n}`),
      drive("address", "place"),
      ...regions.map((_, n) => drive(`push_${n}`, every("send", binary("port", "==", sized(p, n))))),
      ...pointers,
      always(
        "clock",
        when(
          "reset",
          [
            next("port", sized(p, first.port)),
            next("left", sized(LEFT, first.beats - 1)),
            next("taken", sized(1, 0)),
            ...regions.map(({ first: start }, n) => next(`pointer_${n}`, sized(a, start))),
          ],
          [
            when(
              "advance",
              [
                next("port", slice("following", entry - 1, LEFT)),
                next("left", slice("following", LEFT - 1, 0)),
                next("taken", sized(1, 0)),
              ],
              [next("taken", "request"), when("send", [next("left", binary("left", "-", sized(LEFT, 1)))])],
            ),
            ...moves,
          ],
        ),
      ),
    ],
  };
}
