import { expect, test } from "vitest";
import { rng } from "../../src/base/rng.js";
import { productsPerDsp } from "../../src/cost/fpga/dsp.js";
import { print } from "../../src/emit/verilog/print.js";
import { type ProductShape, productsOf } from "../../src/emit/verilog/products.js";
import { always, input, type Module, set } from "../../src/emit/verilog/tree.js";
import { icarus, removed, skipped, told, written } from "./tools.js";

/** Bits of a sum that no case can overflow. */
const SUM = 40;

const shapeOf = (fabric: "7series" | "ultrascale+", weight: number, value: number, unroll: ProductShape["unroll"]): ProductShape => ({
  unroll,
  bits: { in: value, weight },
  perMultiplier: productsPerDsp(fabric, weight, value),
});

/** One value with as many weights as a multiplier takes. */
function full(weight: number, value: number): ProductShape {
  const shape = shapeOf("ultrascale+", weight, value, { in: 1, out: 1, group: 1, kernel: 1 });
  return { ...shape, unroll: { ...shape.unroll, out: shape.perMultiplier } };
}

const sizesOf = ({ unroll, bits }: ProductShape) => ({
  operands: unroll.in * unroll.group * unroll.kernel * bits.in,
  weight: unroll.in * unroll.out * unroll.group * unroll.kernel * bits.weight,
  added: unroll.out * unroll.group * SUM,
});

function hardware(name: string, shape: ProductShape): Module {
  const { items, multiplied, summed } = productsOf(shape, SUM);
  const sizes = sizesOf(shape);
  return {
    name,
    comment: "Products and their sums.",
    ports: [
      input("clock"),
      input("operands", sizes.operands),
      input("weight", sizes.weight),
      { name: "added", direction: "output", width: sizes.added, register: true },
    ],
    items: [...items, always("clock", ...multiplied), { kind: "always", body: [set("added", 0), ...summed] }],
  };
}

/** Compares the sums with plain ones, element by element as docs/math/pipeline.md orders them, for `count` settings of all operands. */
function bench(name: string, shape: ProductShape, count: number, setting: string): string {
  const { unroll, bits } = shape;
  const sizes = sizesOf(shape);
  return `module bench_${name};
  reg clock = 0;
  reg [${sizes.operands - 1}:0] operands;
  reg [${sizes.weight - 1}:0] weight;
  wire [${sizes.added - 1}:0] added;
  ${name} products (.clock(clock), .operands(operands), .weight(weight), .added(added));
  integer n, g, o, c, k, errors;
  reg signed [${bits.in - 1}:0] value;
  reg signed [${Math.max(2, bits.weight) - 1}:0] factor;
  reg signed [${SUM - 1}:0] want, sum;
  initial begin
    errors = 0;
    for (n = 0; n < ${count}; n = n + 1) begin
      {operands, weight} = ${setting};
      #1 clock = 1;
      #1 clock = 0;
      for (g = 0; g < ${unroll.group}; g = g + 1) for (o = 0; o < ${unroll.out}; o = o + 1) begin
        want = 0;
        for (c = 0; c < ${unroll.in}; c = c + 1) for (k = 0; k < ${unroll.kernel}; k = k + 1) begin
          value = operands[(k * ${unroll.in * unroll.group} + g * ${unroll.in} + c) * ${bits.in} +: ${bits.in}];
          factor = weight[(((g * ${unroll.out} + o) * ${unroll.in} + c) * ${unroll.kernel} + k) * ${bits.weight} +: ${bits.weight}];
          ${bits.weight === 1 ? "factor = factor == 0 ? 1 : -1;" : ""}
          want = want + value * factor;
        end
        sum = added[(g * ${unroll.out} + o) * ${SUM} +: ${SUM}];
        if (sum !== want) errors = errors + 1;
      end
    end
    $display("{\\"name\\": \\"${name}\\", \\"errors\\": %0d}", errors);
  end
endmodule
`;
}

/** Random unrollings: filters that fill their multipliers and that do not, several groups, channels and positions. */
function drawn(seed: number): ProductShape {
  const random = rng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const unroll = { in: pick([1, 2, 3]), out: pick([1, 2, 3, 4, 5, 7, 8]), group: pick([1, 1, 2, 3]), kernel: pick([1, 2, 3]) };
  return shapeOf(pick(["7series", "ultrascale+"]), pick([1, 2, 3, 4, 8, 16]), pick([2, 4, 5, 8, 16, 20]), unroll);
}

const DRAWN = 12;
const SETTINGS = 100;

test.skipIf(skipped)(
  "products that share a multiplier are those of their operands: all values of narrow ones, random values of others",
  async () => {
    const lone = shapeOf("ultrascale+", 1, 1, { in: 1, out: 1, group: 1, kernel: 1 });
    const narrow = [full(1, 4), full(2, 2), full(3, 3), full(4, 4), full(4, 5), lone];
    expect(narrow.map(({ perMultiplier }) => perMultiplier)).toEqual([6, 7, 4, 3, 3, 13]);
    const random = Array.from({ length: DRAWN }, (_, i) => drawn(i + 1));
    const cases = [...narrow, ...random].map((shape, i) => {
      const { operands, weight } = sizesOf(shape);
      const words = `{${Array.from({ length: Math.ceil((operands + weight) / 32) }, () => "$random").join(", ")}}`;
      const [count, setting] = i < narrow.length ? ([2 ** (operands + weight), "n"] as const) : ([SETTINGS, words] as const);
      return { name: `products_${i}`, shape, text: bench(`products_${i}`, shape, count, setting) };
    });
    const folder = written([
      { path: "products.v", text: print(cases.map(({ name, shape }) => hardware(name, shape))) },
      { path: "bench.v", text: cases.map(({ text }) => text).join("\n") },
    ]);
    const output = await (await icarus(folder, "products.v bench.v"))();
    removed(folder);
    const byName = (lines: readonly Readonly<Record<string, string | number>>[]) =>
      Object.fromEntries(lines.map(({ name, errors }) => [name, errors]));
    expect(byName(told(output))).toEqual(Object.fromEntries(cases.map(({ name }) => [name, 0])));
  },
  600_000,
);
