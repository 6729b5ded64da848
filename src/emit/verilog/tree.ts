/**
 * Verilog-2005 as plain data, as much of it as we write. `print.ts` turns it into text; nothing is checked here beyond
 * what the types say. A bare string is a name and a bare number an unsized decimal, so that most trees read like what they print.
 */
export type Expression =
  | string
  | number
  /** `8'd255`. Values are whole and not negative; wider constants are concatenations. */
  | { readonly kind: "sized"; readonly width: number; readonly value: number }
  /** A string literal. */
  | { readonly kind: "text"; readonly text: string }
  /** `of[at]`: a bit, or a word of a memory. */
  | { readonly kind: "index"; readonly of: Expression; readonly at: Expression }
  /** `of[high:low]`. */
  | { readonly kind: "slice"; readonly of: Expression; readonly high: Expression; readonly low: Expression }
  /** `of[from +: width]`. */
  | { readonly kind: "part"; readonly of: Expression; readonly from: Expression; readonly width: Expression }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "choice"; readonly when: Expression; readonly then: Expression; readonly otherwise: Expression }
  /** `{a, b}`: the first is the highest. */
  | { readonly kind: "concatenation"; readonly parts: readonly Expression[] }
  /** `{times{of}}`. */
  | { readonly kind: "repetition"; readonly times: number; readonly of: Expression }
  /** `$signed(x)`, `$time`. */
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Expression[] };

export type UnaryOperator = "!" | "~" | "-" | "&" | "|" | "^";
export type BinaryOperator =
  | "*"
  | "/"
  | "%"
  | "+"
  | "-"
  | "<<"
  | ">>"
  | "<<<"
  | ">>>"
  | "<"
  | "<="
  | ">"
  | ">="
  | "=="
  | "!="
  | "==="
  | "!=="
  | "&"
  | "^"
  | "|"
  | "&&"
  | "||";

export type Statement =
  | { readonly kind: "comment"; readonly text: string }
  /** `target <= value;` where clocked, `target = value;` where not. */
  | { readonly kind: "assign"; readonly clocked: boolean; readonly target: Expression; readonly value: Expression }
  | { readonly kind: "if"; readonly when: Expression; readonly then: readonly Statement[]; readonly otherwise?: readonly Statement[] }
  | {
      readonly kind: "case";
      readonly of: Expression;
      readonly arms: readonly { readonly values: readonly Expression[]; readonly body: readonly Statement[] }[];
      readonly otherwise?: readonly Statement[];
    }
  /** `for (name = from; name < to; name = name + 1)`. */
  | {
      readonly kind: "for";
      readonly name: string;
      readonly from: Expression;
      readonly to: Expression;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "while"; readonly when: Expression; readonly body: readonly Statement[] }
  | { readonly kind: "forever"; readonly body: readonly Statement[] }
  /** `$display(...)`, `$readmemh(...)`, `$finish`. */
  | { readonly kind: "task"; readonly name: string; readonly operands: readonly Expression[] }
  /** `#cycles` or `@(posedge edge)`, and nothing more. */
  | { readonly kind: "wait"; readonly time: number }
  | { readonly kind: "edge"; readonly of: string };

export interface Port {
  readonly name: string;
  readonly direction: "input" | "output";
  /** Bits, or an expression of the module's parameters. */
  readonly width: Expression;
  readonly signed?: boolean;
  /** Driven by an `always` block. */
  readonly register?: boolean;
}

export type Item =
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "constant"; readonly name: string; readonly value: Expression }
  | {
      readonly kind: "wire";
      readonly name: string;
      readonly width: Expression;
      readonly signed?: boolean;
      /** Driven by it, once and for all. */
      readonly value?: Expression;
    }
  | {
      readonly kind: "register";
      readonly name: string;
      readonly width: Expression;
      readonly signed?: boolean;
      /** Words of a memory. */
      readonly length?: Expression;
      /** `ram_style = "block"`. */
      readonly attributes?: Readonly<Record<string, string>>;
      /** Where it starts without a reset. */
      readonly initially?: Expression;
    }
  | { readonly kind: "integer"; readonly name: string }
  | { readonly kind: "drive"; readonly target: Expression; readonly value: Expression }
  /** `always @(posedge clock)`; combinational without a clock. */
  | { readonly kind: "always"; readonly clock?: string; readonly body: readonly Statement[] }
  | { readonly kind: "initial"; readonly body: readonly Statement[] }
  | {
      readonly kind: "instance";
      readonly module: string;
      readonly name: string;
      readonly parameters?: Readonly<Record<string, Expression>>;
      /** By port; `undefined` leaves an output open. */
      readonly connections: Readonly<Record<string, Expression | undefined>>;
    };

export interface Module {
  readonly name: string;
  /** What it does, printed above it. */
  readonly comment: string;
  readonly parameters?: Readonly<Record<string, Expression>>;
  readonly ports: readonly Port[];
  readonly items: readonly Item[];
}

// Constructors for what is written most.

export const input = (name: string, width: Expression = 1): Port => ({ name, direction: "input", width });
export const output = (name: string, width: Expression = 1): Port => ({ name, direction: "output", width });

export const wire = (name: string, width: Expression, value?: Expression): Item => ({
  kind: "wire",
  name,
  width,
  ...(value !== undefined && { value }),
});
export const register = (name: string, width: Expression, initially?: Expression): Item => ({
  kind: "register",
  name,
  width,
  ...(initially !== undefined && { initially }),
});
export const drive = (target: Expression, value: Expression): Item => ({ kind: "drive", target, value });
export const always = (clock: string, ...body: readonly Statement[]): Item => ({ kind: "always", clock, body });

/** `target <= value`, in a clocked block. */
export const next = (target: Expression, value: Expression): Statement => ({ kind: "assign", clocked: true, target, value });
/** `target = value`, in an initial or combinational block. */
export const set = (target: Expression, value: Expression): Statement => ({ kind: "assign", clocked: false, target, value });
export const when = (condition: Expression, then: readonly Statement[], otherwise?: readonly Statement[]): Statement => ({
  kind: "if",
  when: condition,
  then,
  ...(otherwise && { otherwise }),
});
export const task = (name: string, ...operands: readonly Expression[]): Statement => ({ kind: "task", name, operands });

export const sized = (width: number, value: number): Expression => ({ kind: "sized", width, value });
export const text = (value: string): Expression => ({ kind: "text", text: value });
export const at = (of: Expression, position: Expression): Expression => ({ kind: "index", of, at: position });
export const slice = (of: Expression, high: Expression, low: Expression): Expression => ({ kind: "slice", of, high, low });
export const part = (of: Expression, from: Expression, width: Expression): Expression => ({ kind: "part", of, from, width });
export const unary = (operator: UnaryOperator, operand: Expression): Expression => ({ kind: "unary", operator, operand });
export const not = (operand: Expression): Expression => unary("!", operand);
export const binary = (left: Expression, operator: BinaryOperator, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
});
export const choice = (condition: Expression, then: Expression, otherwise: Expression): Expression => ({
  kind: "choice",
  when: condition,
  then,
  otherwise,
});
/** The first part is the highest. */
export const concatenation = (...parts: readonly Expression[]): Expression => ({ kind: "concatenation", parts });
export const repetition = (times: number, of: Expression): Expression => ({ kind: "repetition", times, of });
export const call = (name: string, ...operands: readonly Expression[]): Expression => ({ kind: "call", name, operands });

/** All of them hold; true where there are none. */
export const every = (...conditions: readonly Expression[]): Expression => joined("&&", conditions, 1);
/** One of them holds; false where there are none. */
export const some = (...conditions: readonly Expression[]): Expression => joined("||", conditions, 0);

function joined(operator: BinaryOperator, operands: readonly Expression[], none: number): Expression {
  const [first = sized(1, none), ...rest] = operands;
  return rest.reduce((left, right) => binary(left, operator, right), first);
}

/** Bits that count to `most`, at least 1. */
export const bitsFor = (most: number): number => Math.max(1, Math.floor(Math.log2(Math.max(1, most))) + 1);
