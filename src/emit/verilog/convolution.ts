import { counter } from "./counter.js";
import { requantised } from "./requantise.js";
import { CREDITED, tail } from "./results.js";
import { type ConvolutionShape, sumsOf } from "./sums.js";
import {
  always,
  binary,
  drive,
  type Expression,
  every,
  input,
  type Module,
  next,
  not,
  output,
  type Port,
  register,
  some,
  when,
  wire,
} from "./tree.js";

/** Ports of an engine between window, weight memory and stream. */
export function convolutionPorts({ unroll, positions, bits }: ConvolutionShape): readonly Port[] {
  const lanesIn = unroll.in * unroll.group;
  return [
    input("clock"),
    input("reset"),
    input("window_valid"),
    output("window_take"),
    input("window", positions * lanesIn * bits.in),
    input("weight_ready"),
    output("weight_take"),
    input("weight", unroll.in * unroll.out * unroll.group * unroll.kernel * bits.weight),
    output("out_valid"),
    input("out_ready"),
    output("out_data", unroll.out * unroll.group * bits.out),
  ];
}

/**
 * The engine of a convolution: for every window it takes it walks filters outermost, kernel positions innermost, one weight word per
 * step. A step waits where the weight is not there or, if it completes a sum, where the queue of results is full.
 * Source: docs/math/pipeline.md, "Engine of a convolution".
 *
 * @param kept words of results that may wait.
 */
export function convolution(name: string, shape: ConvolutionShape, kept: number): readonly Module[] {
  const { unroll, steps, positions, bits, arithmetic } = shape;
  const lanes = { in: unroll.in * unroll.group, out: unroll.out * unroll.group };
  const [kernel, filter, channel, group] = [
    counter("kernel_step", steps.kernel),
    counter("filter", steps.filter),
    counter("channel", steps.channel),
    counter("group", steps.group, [steps.filter]),
  ];
  const counters = [kernel, filter, channel, group];
  const place: Expression = steps.group === 1 ? filter.value : binary(group.times(steps.filter), "+", filter.value);
  const summed = sumsOf(shape, {
    kernel: kernel.value,
    valid: every("step", not("reset")),
    first: every(binary(kernel.value, "==", 0), binary(channel.value, "==", 0)),
    completes: "completing",
    bias: place,
    place: filter.value,
  });
  const end = tail(requantised(summed, lanes.out, arithmetic.scaling, bits.out), lanes.out, "complete", kept);
  const products = lanes.out * unroll.in * unroll.kernel;
  return [
    {
      name,
      comment: `Convolution: ${products} products per cycle, ${steps.filter * steps.kernel} steps per window, ${steps.channel * steps.group} windows per pixel.`,
      ports: convolutionPorts(shape),
      items: [
        ...end.credit,
        { kind: "comment", text: "The window in work, and the place in the walk." },
        register("held", positions * lanes.in * bits.in),
        register("busy", 1),
        ...counters.flatMap(({ items }) => items),
        wire("completing", 1, every(kernel.last, channel.last)),
        wire("step", 1, every("busy", "weight_ready", some(not("completing"), CREDITED))),
        wire("complete", 1, every("step", "completing")),
        wire("done", 1, every("step", kernel.last, filter.last)),
        drive("weight_take", "step"),
        drive("window_take", every("window_valid", some(not("busy"), "done"))),
        always(
          "clock",
          when("window_take", [next("held", "window")]),
          when(
            "reset",
            [next("busy", 0), ...counters.flatMap(({ cleared }) => cleared)],
            [
              when(some("window_take", "done"), [next("busy", "window_take")]),
              when("step", [
                ...kernel.step,
                when(kernel.last, [...filter.step, when(filter.last, [...channel.step, when(channel.last, group.step)])]),
              ]),
            ],
          ),
        ),
        ...end.items,
      ],
    },
    ...end.modules,
  ];
}
