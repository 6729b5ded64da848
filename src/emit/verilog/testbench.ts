import type { DmaParts } from "./dma.js";
import { LOAD_BITS, LOAD_FILE, loadsOf } from "./loader.js";
import type { Memory } from "./memory.js";
import {
  always,
  at,
  binary,
  bitsFor,
  call,
  choice,
  drive,
  type Expression,
  every,
  type Item,
  input,
  type Module,
  next,
  not,
  output,
  register,
  type Statement,
  set,
  sized,
  slice,
  task,
  text,
  when,
  wire,
} from "./tree.js";
import { engineSide, IMAGE_FILE, linkSide, loadSide, TOP, type WeightLayer } from "./weight-path.js";

/** What the testbench paces and counts. */
export interface Bench {
  readonly layers: readonly (WeightLayer & {
    readonly sweeps: number;
    /** Foreseen over all frames. */
    readonly stalls: number;
    /** Foreseen: when the last frame is done, from the start of the first. */
    readonly end: number;
    /** Foreseen per frame; 0 where nothing is streamed. */
    readonly beats: number;
  })[];
  readonly table: DmaParts | undefined;
  /** Memories that are loaded before the first cycle. */
  readonly loaded: readonly Memory[];
  /** Credit per cycle, in 1/65536 of a bit. */
  readonly rate: number;
  readonly cyclesPerFrame: number;
  readonly warmUp: number;
  readonly frames: number;
}

/** One bit of credit. */
const CREDIT = 65536;
/** Beats of credit that can be in hand. */
const MOST_CREDIT = 4;

/** The program that runs the testbench `top` under Verilator. */
export const verilatorMain = (top: string): string => `#include "V${top}.h"
#include "verilated.h"

int main(int count, char** words) {
  VerilatedContext context;
  context.commandArgs(count, words);
  V${top} bench{&context};
  while (!context.gotFinish()) {
    bench.clock = !bench.clock;
    bench.eval();
  }
  bench.final();
}
`;

/** The file with the words that an engine must see in a sweep. */
export const sweepFile = (name: string): string => `data/sweep_${name}.hex`;

/** The modules of the testbench; `testbench` is the one to run: its only port is the clock. */
export const testbenchModules = (bench: Bench): readonly Module[] => [
  topOf(bench),
  pacedEngine,
  ...(bench.table ? [link(bench.table)] : []),
];

/** A top for simulators that make their own clock. */
export const clockModule: Module = {
  name: "simulation",
  comment: "Gives the testbench its clock.",
  ports: [],
  items: [
    register("clock", 1, sized(1, 0)),
    {
      kind: "initial",
      body: [{ kind: "forever", body: [{ kind: "wait", time: 1 }, set("clock", { kind: "unary", operator: "~", operand: "clock" })] }],
    },
    { kind: "instance", module: "testbench", name: "bench", connections: { clock: "clock" } },
  ],
};

/** Fills memories one word of the file after the other; until that is done the reset holds. */
export function loading(loaded: readonly Memory[]): readonly Item[] {
  if (loaded.length === 0) return [];
  const lines = loaded.reduce((n, { depth, width }) => n + depth * loadsOf(width), 0);
  return [
    { kind: "register", name: "loads", width: 64, length: lines },
    { kind: "initial", body: [task("$readmemh", text(LOAD_FILE), "loads")] },
    register("loads_done", 32, sized(32, 0)),
    wire("next_load", 64, at("loads", "loads_done")),
    drive("load", binary("loads_done", "<", sized(32, lines))),
    drive("load_data", slice("next_load", LOAD_BITS - 1, 0)),
    drive("load_memory", slice("next_load", LOAD_BITS + bitsFor(loaded.length - 1) - 1, LOAD_BITS)),
    always("clock", when("load", [next("loads_done", binary("loads_done", "+", sized(32, 1)))])),
  ];
}

const zero64: Expression = sized(64, 0);
const one64: Expression = sized(64, 1);
const increment = (name: string): Statement => next(name, binary(name, "+", one64));

/** The link off chip: beats of the image as its credit allows. */
export function link({ busBits, regions }: DmaParts): Module {
  const beats = regions.reduce((n, region) => n + region.beats, 0);
  const price = sized(64, busBits * CREDIT);
  const left = binary("credit", "-", choice(every("request", "grant"), price, zero64));
  return {
    name: "link",
    comment:
      "The link off chip with the image of the weights: every cycle adds `rate` of credit, a beat takes the price of its bits.\nCredit is in 1/65536 of a bit.",
    ports: [
      input("clock"),
      input("reset"),
      input("rate", 64),
      input("request"),
      input("address", bitsFor(beats - 1)),
      output("grant"),
      output("beat", busBits),
    ],
    items: [
      { kind: "register", name: "image", width: busBits, length: beats },
      { kind: "initial", body: [task("$readmemh", text(IMAGE_FILE), "image")] },
      register("credit", 64),
      wire("gained", 64, binary(left, "+", "rate")),
      wire("most", 64, sized(64, MOST_CREDIT * busBits * CREDIT)),
      drive("grant", binary("credit", ">=", price)),
      drive("beat", at("image", "address")),
      always("clock", next("credit", choice("reset", zero64, choice(binary("gained", ">", "most"), "most", "gained")))),
    ],
  };
}

const same = (left: Expression, right: Expression): Expression => binary(left, "==", right);
const told = (format: string, ...operands: readonly Expression[]): Statement => task("$display", text(format), ...operands);

const COUNTERS =
  "cycle place place_of_period period period_of_frame frame stalls all_stalls errors end_of_frame checked fragments beats beats_of_fragment".split(
    " ",
  );

/** Takes the words of a layer as its engine would, compares each and counts the cycles in which it waited. */
const pacedEngine: Module = {
  name: "paced_engine",
  comment: [
    "Takes the weights of one layer as its engine would: sweeps of DEPTH words, each held HOLD cycles. A frame of CYCLES has PERIODS periods of",
    "LENGTH words, which begin in even steps. Compares every word with FILE, counts the cycles in which it waits, and tells both per frame.",
  ].join("\n"),
  parameters: {
    NAME: text(""),
    FILE: text(""),
    WIDTH: 1,
    DEPTH: 1,
    LENGTH: 1,
    PERIODS: 1,
    HOLD: 1,
    CYCLES: 1,
    WARM_UP: 0,
    FRAMES: 1,
    FRAGMENTS: 0,
    STALLS: 0,
    END: 0,
    BEATS: 0,
  },
  ports: [
    input("clock"),
    input("reset"),
    input("ready"),
    output("take"),
    input("word", "WIDTH"),
    input("pull"),
    input("fragment_ends"),
    output("finished"),
    output("passed"),
  ],
  items: [
    { kind: "register", name: "expected", width: "WIDTH", length: "DEPTH" },
    { kind: "initial", body: [task("$readmemh", "FILE", "expected")] },
    ...COUNTERS.map((name) => register(name, 64)),
    register("earliest", 64),
    register("checking", 1),
    register("told", 1),
    { kind: "comment", text: "The first word of the next period is not taken before the period is due." },
    wire("due", 64, binary("WARM_UP", "+", binary(binary(binary("period", "+", one64), "*", "CYCLES"), "/", "PERIODS"))),
    wire("free", 64, binary("cycle", "+", "HOLD")),
    wire("wants", 1, every(binary("cycle", ">=", "earliest"), binary("frame", "<", "FRAMES"))),
    drive("take", every("wants", "ready")),
    wire("sweep_ends", 1, every("take", binary("place", "==", binary("DEPTH", "-", 1)))),
    wire("period_ends", 1, every("take", binary("place_of_period", "==", binary("LENGTH", "-", 1)))),
    wire("frame_ends", 1, every("period_ends", binary("period_of_frame", "==", binary("PERIODS", "-", 1)))),
    drive("finished", "told"),
    drive("passed", every(same("errors", 0), same("all_stalls", "STALLS"), same("end_of_frame", "END"), same("beats", "BEATS"))),
    always(
      "clock",
      when(
        "reset",
        [
          ...COUNTERS.map((name) => next(name, zero64)),
          next("earliest", "WARM_UP"),
          next("checking", sized(1, 0)),
          next("told", sized(1, 0)),
        ],
        [
          increment("cycle"),
          next("checking", "take"),
          next("checked", "place"),
          when(every("checking", binary("word", "!==", at("expected", "checked"))), [increment("errors")]),
          when(every("wants", not("ready")), [increment("stalls"), increment("all_stalls")]),
          when("take", [
            next("place", choice("sweep_ends", zero64, binary("place", "+", one64))),
            next("place_of_period", choice("period_ends", zero64, binary("place_of_period", "+", one64))),
            next("earliest", choice(every("period_ends", binary("due", ">", "free")), "due", "free")),
          ]),
          when("period_ends", [
            increment("period"),
            next("period_of_frame", choice("frame_ends", zero64, binary("period_of_frame", "+", one64))),
          ]),
          when("frame_ends", [
            told('{"layer":"%0s","frame":%0d,"end":%0d,"stalls":%0d}', "NAME", "frame", binary("free", "-", "WARM_UP"), "stalls"),
            next("end_of_frame", binary("free", "-", "WARM_UP")),
            next("stalls", zero64),
            increment("frame"),
          ]),
          { kind: "comment", text: "Beats are counted with the fragment they bring; those that run ahead are not." },
          when(
            "fragment_ends",
            [
              increment("fragments"),
              when(binary("fragments", "<", "FRAGMENTS"), [next("beats", binary("beats", "+", "beats_of_fragment"))]),
              next("beats_of_fragment", choice("pull", one64, zero64)),
            ],
            [when("pull", [increment("beats_of_fragment")])],
          ),
          when(every(same("frame", "FRAMES"), not("checking"), not("told")), [
            next("told", sized(1, 1)),
            told(
              '{"layer":"%0s","words":%0d,"errors":%0d,"stalls":%0d,"beats":%0d}',
              "NAME",
              binary("period", "*", "LENGTH"),
              "errors",
              "all_stalls",
              "beats",
            ),
          ]),
        ],
      ),
    ),
  ],
};

function topOf({ layers, table, loaded, rate, cyclesPerFrame, warmUp, frames }: Bench): Module {
  const sides = [...loadSide(loaded), ...(table ? linkSide(table) : []), ...layers.flatMap(engineSide)];
  const all = (signal: string): Expression => every(...layers.map(({ name }) => `${name}_${signal}`));
  const wires: readonly Item[] = sides.map(({ name, width }) => wire(name, width));
  const engines = layers.flatMap(({ name, title, sweep, memory, sweeps, stalls, end, beats }): readonly Item[] => [
    { kind: "comment", text: title },
    wire(`${name}_finished`, 1),
    wire(`${name}_passed`, 1),
    {
      kind: "instance",
      module: "paced_engine",
      name: `${name}_engine`,
      parameters: {
        NAME: text(name),
        FILE: text(sweepFile(name)),
        WIDTH: sweep.width,
        DEPTH: sweep.depth,
        LENGTH: sweep.depth / Math.max(1, memory.fragments),
        PERIODS: sweeps * Math.max(1, memory.fragments),
        HOLD: memory.reuse,
        CYCLES: cyclesPerFrame,
        WARM_UP: warmUp,
        FRAMES: frames,
        FRAGMENTS: frames * sweeps * Math.max(1, memory.fragments),
        STALLS: stalls,
        END: end,
        BEATS: frames * beats,
      },
      connections: {
        clock: "clock",
        reset: "reset",
        ready: `${name}_ready`,
        take: `${name}_take`,
        word: `${name}_word`,
        pull: beats > 0 ? `path.unpacker_${name}.pull` : sized(1, 0),
        fragment_ends: beats > 0 ? `path.unpacker_${name}.last` : sized(1, 0),
        finished: `${name}_finished`,
        passed: `${name}_passed`,
      },
    },
  ]);
  return {
    name: "testbench",
    comment: [
      `${frames} frames of ${cyclesPerFrame} cycles. \`+rate=N\` gives the link another rate, in 1/65536 bit per cycle; planned are ${rate}.`,
      "The last line is PASS where every word, stall and cycle is as planned.",
    ].join("\n"),
    ports: [input("clock")],
    items: [
      register("reset", 1, sized(1, 1)),
      register("finished", 1, sized(1, 0)),
      register("rate", 64),
      {
        kind: "initial",
        body: [
          set("rate", sized(64, rate)),
          when(call("$value$plusargs", text("rate=%d"), "rate"), [task("$display", text("the link has another rate: %0d"), "rate")]),
        ],
      },
      ...wires,
      ...loading(loaded),
      {
        kind: "instance",
        module: TOP,
        name: "path",
        connections: { clock: "clock", reset: "reset", ...Object.fromEntries(sides.map(({ name }) => [name, name])) },
      },
      ...(table
        ? [
            {
              kind: "instance",
              module: "link",
              name: "off_chip",
              connections: {
                clock: "clock",
                reset: "reset",
                rate: "rate",
                request: "link_request",
                address: "link_address",
                grant: "link_grant",
                beat: "link_beat",
              },
            } as const,
          ]
        : []),
      ...engines,
      always(
        "clock",
        next("reset", loaded.length === 0 ? sized(1, 0) : "load"),
        when(every(all("finished"), not("reset")), [
          next("finished", sized(1, 1)),
          when(all("passed"), [task("$display", text("PASS"))], [task("$display", text("FAIL"))]),
          task("$finish"),
        ]),
      ),
    ],
  };
}
