import { resultBanks } from "../../cost/fpga/queues.js";
import { convolutionPorts } from "./convolution.js";
import { counter } from "./counter.js";
import { requantised } from "./requantise.js";
import { queue, queueName } from "./stream.js";
import { type ConvolutionShape, sumsOf } from "./sums.js";
import {
  always,
  at,
  binary,
  bitsFor,
  choice,
  drive,
  type Expression,
  every,
  type Item,
  type Module,
  next,
  not,
  register,
  sized,
  some,
  unary,
  when,
  wire,
} from "./tree.js";

/**
 * The engine of a convolution whose pixels share sweeps over the weights: windows of `reuse` pixels of a row are gathered in one half of a
 * memory while those in the other half are worked off, every weight word held for a cycle per pixel. Results are brought into the
 * stream's order in banks. A row's last group may have fewer pixels; it takes as long.
 * Source: docs/math/pipeline.md, "Engine of a convolution".
 *
 * @param kept words of the queue behind.
 */
export function sharedConvolution(name: string, shape: ConvolutionShape, kept: number): readonly Module[] {
  const { unroll, steps, positions, reuse, columns, bits, arithmetic } = shape;
  const lanes = { in: unroll.in * unroll.group, out: unroll.out * unroll.group };
  const width = positions * lanes.in * bits.in;
  const words = steps.channel * steps.group;
  const perPixel = steps.group * steps.filter;
  const [word, gatheredPixel, column] = [counter("word", words), counter("gathered_pixel", reuse, [perPixel]), counter("column", columns)];
  const [pixel, kernel, filter, channel, group] = [
    counter("pixel", reuse, [words, perPixel]),
    counter("kernel_step", steps.kernel),
    counter("filter", steps.filter, [reuse]),
    counter("channel", steps.channel),
    counter("group", steps.group, [steps.channel, steps.filter]),
  ];
  const plus = (...terms: readonly Expression[]): Expression => terms.reduce((a, b) => binary(a, "+", b));
  const half = (bit: Expression, size: number): Expression => choice(bit, size, 0);
  const window = at(
    "windows",
    plus(half(unary("!", "filling"), reuse * words), pixel.times(words), group.times(steps.channel), channel.value),
  );
  const summed = sumsOf(shape, {
    kernel: kernel.value,
    valid: every("step", not("reset")),
    first: every(binary(kernel.value, "==", 0), binary(channel.value, "==", 0)),
    completes: "completing",
    bias: plus(group.times(steps.filter), filter.value),
    place: plus(filter.times(reuse), pixel.value),
  });
  const results = requantised(summed, lanes.out, arithmetic.scaling, bits.out);
  const out = lanes.out * bits.out;
  const size = reuse * perPixel;
  const banks = resultBanks(shape.steps, shape.reuse, results.stages);
  const [bank, reading] = [counter("bank", banks, [size]), counter("reading", banks, [size])];
  const spot = bitsFor(banks * size - 1);
  const stages = Array.from({ length: results.stages }, (_, s) => s + 1);
  const after = (of: string, stage: number) => `${of}_after_${stage}`;
  const last = results.stages;
  const counts = bitsFor(size);
  return [
    {
      name,
      comment: `Convolution: ${reuse} pixels of a row share each of ${steps.group * steps.channel * steps.filter * steps.kernel} weight words.`,
      ports: convolutionPorts(shape),
      items: [
        { kind: "comment", text: "Windows: gathered in one half, worked off in the other." },
        { kind: "register", name: "windows", width, length: 2 * reuse * words, attributes: { ram_style: "distributed" } },
        register("filling", 1),
        register("gathered", bitsFor(reuse * words - 1)),
        register("busy", 1),
        register("pixels", bitsFor(reuse)),
        register("results_due", counts),
        ...[word, gatheredPixel, column, pixel, kernel, filter, channel, group].flatMap(({ items }) => items),
        wire("ends_pixel", 1, word.last),
        wire("ends_group", 1, every("ends_pixel", some(gatheredPixel.last, column.last))),
        wire("completing", 1, every(kernel.last, channel.last)),
        { kind: "comment", text: "Banks of results that are free; a sweep takes one with its first result." },
        register("vacant", bitsFor(banks)),
        ...bank.items,
        ...reading.items,
        { kind: "register", name: "counts", width: counts, length: banks, attributes: { ram_style: "distributed" } },
        register("full", bitsFor(banks)),
        register("read_at", bitsFor(size - 1)),
        wire("room", 1),
        wire("send", 1, every(binary("full", "!=", 0), "room")),
        wire("emptied", 1, every("send", binary(plus("read_at", 1), "==", at("counts", reading.value)))),
        register("reserved", 1),
        wire(
          "step",
          1,
          every("busy", some(binary(pixel.value, "!=", 0), "weight_ready"), some(not("completing"), "reserved", binary("vacant", "!=", 0))),
        ),
        wire("done", 1, every("step", pixel.last, kernel.last, filter.last, channel.last, group.last)),
        wire("reserve", 1, every("step", "completing", not("reserved"))),
        drive("weight_take", every("step", binary(pixel.value, "==", 0))),
        drive("window_take", every("window_valid", some(not("ends_group"), not("busy"), "done"))),
        wire("begins", 1, every("window_take", "ends_group")),
        wire("held", width, window),
        always(
          "clock",
          when("window_take", [next(at("windows", plus(half("filling", reuse * words), "gathered")), "window")]),
          when(
            "reset",
            [
              ...["filling", "gathered", "busy", "reserved"].map((of) => next(of, 0)),
              next("vacant", banks),
              ...bank.cleared,
              ...[word, gatheredPixel, column, pixel, kernel, filter, channel, group].flatMap(({ cleared }) => cleared),
            ],
            [
              when("window_take", [
                next("gathered", choice("ends_group", 0, binary("gathered", "+", 1))),
                ...word.step,
                when("ends_pixel", [...column.step, ...gatheredPixel.step, when("ends_group", gatheredPixel.cleared)]),
              ]),
              when("begins", [
                next("filling", unary("!", "filling")),
                next("pixels", plus(gatheredPixel.value, 1)),
                next("results_due", plus(gatheredPixel.times(perPixel), perPixel)),
              ]),
              when(some("begins", "done"), [next("busy", "begins")]),
              when("step", [
                ...pixel.step,
                when(pixel.last, [
                  ...kernel.step,
                  when(kernel.last, [...filter.step, when(filter.last, [...channel.step, when(channel.last, group.step)])]),
                ]),
              ]),
              when("done", [next("reserved", 0), ...bank.step], [when("reserve", [next("reserved", 1)])]),
              next("vacant", binary(plus("vacant", "emptied"), "-", "reserve")),
            ],
          ),
        ),
        { kind: "comment", text: "Results: put where they belong in the stream's order, a bank read while another fills." },
        ...stages.flatMap((s): readonly Item[] => [
          register(after("spot", s), spot),
          register(after("keep", s), 1),
          register(after("done", s), 1, sized(1, 0)),
        ]),
        always(
          "clock",
          next(after("spot", 1), plus(bank.times(size), pixel.times(perPixel), group.times(steps.filter), filter.value)),
          next(after("keep", 1), binary(pixel.value, "<", "pixels")),
          next(after("done", 1), every("done", not("reset"))),
          ...stages.slice(1).flatMap((s) => ["spot", "keep", "done"].map((of) => next(after(of, s), after(of, s - 1)))),
        ),
        ...results.items,
        { kind: "register", name: "ordered", width: out, length: banks * size, attributes: { ram_style: "distributed" } },
        always(
          "clock",
          when(every(results.valid, after("keep", last)), [next(at("ordered", after("spot", last)), results.data)]),
          when("done", [next(at("counts", bank.value), "results_due")]),
          when(
            "reset",
            [...["full", "read_at"].map((of) => next(of, 0)), ...reading.cleared],
            [
              when("send", [next("read_at", choice("emptied", 0, binary("read_at", "+", 1)))]),
              when("emptied", reading.step),
              next("full", binary(plus("full", after("done", last)), "-", "emptied")),
            ],
          ),
        ),
        {
          kind: "instance",
          module: queueName(out, kept),
          name: "results",
          connections: {
            clock: "clock",
            reset: "reset",
            in_valid: "send",
            in_ready: "room",
            in_data: at("ordered", plus(reading.times(size), "read_at")),
            out_valid: "out_valid",
            out_ready: "out_ready",
            out_data: "out_data",
          },
        },
      ],
    },
    queue(out, kept),
  ];
}
