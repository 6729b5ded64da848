import { ACCELERATOR, outerPorts, weightWidth } from "./accelerator.js";
import type { Memory } from "./memory.js";
import type { Channel, Structure } from "./structure.js";
import { loading } from "./testbench.js";
import {
  always,
  at,
  binary,
  call,
  drive,
  type Expression,
  every,
  type Item,
  input,
  type Module,
  next,
  not,
  type Port,
  register,
  type Statement,
  set,
  sized,
  some,
  task,
  text,
  when,
  wire,
} from "./tree.js";
import { loadSide, TOP } from "./weight-path.js";

/** Frames that are fed and compared, and what is foreseen. */
export interface FramesBench {
  readonly structure: Structure;
  readonly frames: number;
  /** A frame is on offer every that many cycles. */
  readonly cyclesPerFrame: number;
  /** Cycles after which it gives up. */
  readonly limit: number;
  /** Cycles the weights get before the first frame. */
  readonly warmUp: number;
  /** Memories of weights that are loaded before the first cycle. */
  readonly loaded: readonly Memory[];
  /** Ports of the link off chip and its credit per cycle, where weights are streamed. */
  readonly link: { readonly ports: readonly Port[]; readonly rate: number } | undefined;
}

/** File with the words of all frames at an outer stream. */
export const framesFile = ({ name }: Pick<Channel, "name">): string => `data/${name}.hex`;

/**
 * The testbench of the whole machine: offers every frame's words, takes results at once, compares each, and tells the cycle in
 * which a frame's last word left, counted from the first cycle in which an input is offered.
 */
export function framesBench({ structure, frames, cyclesPerFrame, limit, warmUp, loaded, link }: FramesBench): Module {
  const { stages, channels } = structure;
  const outer = outerPorts(channels);
  const weights = stages.filter((stage) => stage.kind === "convolution");
  const fed = channels.filter(({ from }) => from === undefined);
  const got = channels.filter(({ to }) => to === undefined);
  const increment = (name: string): Statement => next(name, binary(name, "+", 1));
  const memories = [...fed, ...got].flatMap((channel): readonly Item[] => [
    { kind: "register", name: `${channel.name}_words`, width: channel.bits * channel.lanesIn, length: frames * channel.words },
    { kind: "initial", body: [task("$readmemh", text(framesFile(channel)), `${channel.name}_words`)] },
    register(`${channel.name}_count`, 32),
  ]);
  const engineWires = weights.flatMap((stage) => [
    wire(`${stage.name}_ready`, 1),
    wire(`${stage.name}_take`, 1),
    wire(`${stage.name}_word`, weightWidth(stage)),
  ]);
  const same = (names: readonly string[]): Record<string, Expression> => Object.fromEntries(names.map((name) => [name, name]));
  const pathPorts = [...loadSide(loaded), ...(link?.ports ?? [])];
  const engineNames = weights.flatMap(({ name }) => [`${name}_ready`, `${name}_take`, `${name}_word`]);
  return {
    name: "frames_testbench",
    comment: [
      `${frames} frames through the whole machine, one every ${cyclesPerFrame} cycles; with \`+eager\` each as soon as it is taken.`,
      "The last line is PASS where every result is as the integer reference has it.",
    ].join("\n"),
    ports: [input("clock")],
    items: [
      register("reset", 1, sized(1, 1)),
      register("cycle", 64),
      register("errors", 32),
      register("finished", 1, sized(1, 0)),
      register("eager", 1),
      { kind: "initial", body: [set("eager", call("$test$plusargs", text("eager")))] },
      ...fed.map(({ name }) => register(`${name}_due`, 64)),
      wire("running", 1, warmUp === 0 ? sized(1, 1) : binary("cycle", ">=", warmUp)),
      ...memories,
      ...outer.map(({ name, width }) => wire(name, width)),
      ...engineWires,
      ...fed.flatMap(({ name, words }) => [
        drive(
          `${name}_valid`,
          every("running", some("eager", binary("cycle", ">=", `${name}_due`)), binary(`${name}_count`, "<", frames * words)),
        ),
        drive(`${name}_data`, at(`${name}_words`, `${name}_count`)),
      ]),
      ...got.map(({ name }) => drive(`${name}_ready`, sized(1, 1))),
      instance(ACCELERATOR, "machine", same([...outer.map(({ name }) => name), ...engineNames])),
      ...pathPorts.map(({ name, width }) => wire(name, width)),
      ...loading(loaded),
      ...(engineNames.length === 0 ? [] : [instance(TOP, "path", same([...engineNames, ...pathPorts.map(({ name }) => name)]))]),
      ...(link === undefined
        ? []
        : [
            instance("link", "off_chip", {
              rate: sized(64, link.rate),
              request: "link_request",
              address: "link_address",
              grant: "link_grant",
              beat: "link_beat",
            }),
          ]),
      always(
        "clock",
        next("reset", loaded.length === 0 ? sized(1, 0) : "load"),
        when(
          "reset",
          [
            ...fed.map(({ name }) => next(`${name}_due`, warmUp)),
            next("cycle", 0),
            next("errors", 0),
            ...[...fed, ...got].map(({ name }) => next(`${name}_count`, 0)),
          ],
          [
            increment("cycle"),
            ...fed.map(({ name, words }) =>
              when(every(`${name}_valid`, `${name}_ready`), [
                increment(`${name}_count`),
                when(binary(binary(`${name}_count`, "%", words), "==", words - 1), [
                  next(`${name}_due`, binary(`${name}_due`, "+", cyclesPerFrame)),
                ]),
              ]),
            ),
            ...got.map(({ name, words }) =>
              when(`${name}_valid`, [
                increment(`${name}_count`),
                when(binary(`${name}_data`, "!==", at(`${name}_words`, `${name}_count`)), [increment("errors")]),
                when(binary(binary(`${name}_count`, "%", words), "==", words - 1), [
                  task(
                    "$display",
                    text(`{"stream":"${name}","frame":%0d,"end":%0d}`),
                    binary(`${name}_count`, "/", words),
                    binary("cycle", "-", warmUp),
                  ),
                ]),
              ]),
            ),
            when(every(not("finished"), ...got.map(({ name, words }) => binary(`${name}_count`, "==", frames * words))), [
              next("finished", sized(1, 1)),
              task("$display", text('{"errors":%0d}'), "errors"),
              when(binary("errors", "==", 0), [task("$display", text("PASS"))], [task("$display", text("FAIL"))]),
              task("$finish"),
            ]),
            when(binary("cycle", ">", limit), [task("$display", text("FAIL: out of time")), task("$finish")]),
          ],
        ),
      ),
    ],
  };
}

/** The module to run for simulators that make their own clock. */
export const framesClock: Module = {
  name: "frames_simulation",
  comment: "Gives the testbench its clock.",
  ports: [],
  items: [
    register("clock", 1, sized(1, 0)),
    {
      kind: "initial",
      body: [{ kind: "forever", body: [{ kind: "wait", time: 1 }, set("clock", { kind: "unary", operator: "~", operand: "clock" })] }],
    },
    { kind: "instance", module: "frames_testbench", name: "bench", connections: { clock: "clock" } },
  ],
};

const instance = (module: string, name: string, connections: Readonly<Record<string, Expression>>): Item => ({
  kind: "instance",
  module,
  name,
  connections: { clock: "clock", reset: "reset", ...connections },
});
