import { describe, expect, test } from "vitest";
import { identifiers } from "./names.js";
import { print } from "./print.js";
import {
  always,
  binary,
  choice,
  concatenation,
  type Expression,
  input,
  next,
  not,
  output,
  register,
  sized,
  slice,
  text,
  unary,
  when,
} from "./tree.js";

/** The text of an expression, as the value of a constant. */
const shown = (value: Expression): string =>
  /localparam x = (.*);/.exec(print([{ name: "m", comment: "", ports: [], items: [{ kind: "constant", name: "x", value }] }]))![1]!;

describe("expressions have the brackets they need and no others", () => {
  test.each([
    [binary(binary("a", "+", "b"), "*", "c"), "(a + b) * c"],
    [binary("a", "+", binary("b", "*", "c")), "a + b * c"],
    [binary(binary("a", "-", "b"), "-", "c"), "a - b - c"],
    [binary("a", "-", binary("b", "-", "c")), "a - (b - c)"],
    [binary("a", "&&", binary("b", "||", "c")), "a && (b || c)"],
    [not(binary("a", "==", "b")), "!(a == b)"],
    [binary("a", "&", unary("&", "b")), "a & (&b)"],
    [choice("a", choice("b", 1, 2), choice("c", 3, 4)), "a ? (b ? 1 : 2) : c ? 3 : 4"],
    [slice("a", binary("n", "-", 1), 0), "a[n - 1:0]"],
    [concatenation(sized(3, 5), "a"), "{3'd5, a}"],
    [binary("a", "<<", concatenation("b", "c")), "a << {b, c}"],
    [text('say "no" \\ \u001b'), '"say \\"no\\" \\\\ ?"'],
  ])("%j", (expression, expected) => {
    expect(shown(expression)).toBe(expected);
  });
});

test("a module reads as Verilog-2005", () => {
  const counter = {
    name: "counter",
    comment: "Counts.",
    parameters: { WIDTH: 8 },
    ports: [input("clock"), input("reset"), { ...output("count", "WIDTH"), register: true }],
    items: [
      register("odd", 1, sized(1, 0)),
      always("clock", when("reset", [next("count", 0)], [next("count", binary("count", "+", 1)), when("odd", [next("odd", 0)])])),
    ],
  };
  expect(print([counter])).toBe(`\`default_nettype none

// Counts.
module counter #(
  parameter WIDTH = 8
) (
  input wire clock,
  input wire reset,
  output reg [WIDTH - 1:0] count
);
  reg odd = 1'd0;
  always @(posedge clock) begin
    if (reset) begin
      count <= 0;
    end else begin
      count <= count + 1;
      if (odd) odd <= 0;
    end
  end
endmodule

\`default_nettype wire
`);
});

test("identifiers are plain, different without regard to case, and none of Verilog's own words", () => {
  expect(identifiers(["/l/Conv", "l.Conv", "L_CONV", "reg", "7", "", "é"])).toEqual([
    "l_Conv",
    "l_Conv_2",
    "L_CONV_3",
    "n_reg",
    "n_7",
    "n",
    "n_2",
  ]);
});
