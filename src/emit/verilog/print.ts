import type { BinaryOperator, Expression, Item, Module, Port, Statement } from "./tree.js";

/** The text of a source file with `modules` in it. */
export function print(modules: readonly Module[]): string {
  return `\`default_nettype none\n\n${modules.map(module).join("\n")}\n\`default_nettype wire\n`;
}

function module({ name, comment, parameters = {}, ports, items }: Module): string {
  const settings = Object.entries(parameters).map(([key, value]) => `  parameter ${key} = ${expression(value)}`);
  const head = settings.length === 0 ? "" : ` #(\n${settings.join(",\n")}\n)`;
  const list = ports.length === 0 ? "" : ` (\n${ports.map((p) => `  ${port(p)}`).join(",\n")}\n)`;
  return `${remark(comment)}\nmodule ${name}${head}${list};\n${items.map((i) => indented(item(i))).join("\n")}\nendmodule\n`;
}

const port = ({ name, direction, width, signed, register }: Port): string =>
  [direction, register ? "reg" : "wire", ...(signed ? ["signed"] : []), ...range(width), name].join(" ");

/** `[7:0]` of 8 bits, nothing of one. */
function range(width: Expression): readonly string[] {
  if (width === 1) return [];
  return [`[${typeof width === "number" ? width - 1 : `${operand(width, STRENGTH["-"])} - 1`}:0]`];
}

function item(i: Item): string {
  switch (i.kind) {
    case "comment":
      return remark(i.text);
    case "constant":
      return `localparam ${i.name} = ${expression(i.value)};`;
    case "wire":
      return `${declared("wire", i)}${i.value === undefined ? "" : ` = ${expression(i.value)}`};`;
    case "register": {
      const attributes = Object.entries(i.attributes ?? {}).map(([key, value]) => `${key} = ${quoted(value)}`);
      const style = attributes.length === 0 ? "" : `(* ${attributes.join(", ")} *) `;
      const length = i.length === undefined ? "" : ` [0:${typeof i.length === "number" ? i.length - 1 : `${expression(i.length)} - 1`}]`;
      return `${style}${declared("reg", i)}${length}${i.initially === undefined ? "" : ` = ${expression(i.initially)}`};`;
    }
    case "integer":
      return `integer ${i.name};`;
    case "drive":
      return `assign ${expression(i.target)} = ${expression(i.value)};`;
    case "always":
      return `always @(${i.clock === undefined ? "*" : `posedge ${i.clock}`}) ${block(i.body)}`;
    case "initial":
      return `initial ${block(i.body)}`;
    case "instance": {
      const list = (entries: readonly (readonly [string, Expression | undefined])[]) =>
        `(\n${entries.map(([key, value]) => `  .${key}(${value === undefined ? "" : expression(value)})`).join(",\n")}\n)`;
      const settings = i.parameters === undefined ? "" : ` #${list(Object.entries(i.parameters))}`;
      return `${i.module}${settings} ${i.name} ${list(Object.entries(i.connections))};`;
    }
  }
}

const declared = (type: "wire" | "reg", { name, width, signed }: { name: string; width: Expression; signed?: boolean }): string =>
  [type, ...(signed ? ["signed"] : []), ...range(width), name].join(" ");

function statement(s: Statement): string {
  switch (s.kind) {
    case "comment":
      return remark(s.text);
    case "assign":
      return `${expression(s.target)} ${s.clocked ? "<=" : "="} ${expression(s.value)};`;
    case "if": {
      const head = `if (${expression(s.when)}) ${body(s.then)}`;
      if (s.otherwise === undefined) return head;
      const [only, ...more] = s.otherwise;
      const tail = only?.kind === "if" && more.length === 0 ? statement(only) : block(s.otherwise);
      return `if (${expression(s.when)}) ${block(s.then)} else ${tail}`;
    }
    case "case": {
      const arms = s.arms.map(({ values, body: b }) => `${values.map(expression).join(", ")}: ${body(b)}`);
      const all = s.otherwise === undefined ? arms : [...arms, `default: ${body(s.otherwise)}`];
      return `case (${expression(s.of)})\n${indented(all.join("\n"))}\nendcase`;
    }
    case "for":
      return `for (${s.name} = ${expression(s.from)}; ${s.name} < ${operand(s.to, STRENGTH["<"] + 1)}; ${s.name} = ${s.name} + 1) ${body(s.body)}`;
    case "while":
      return `while (${expression(s.when)}) ${block(s.body)}`;
    case "forever":
      return `forever ${block(s.body)}`;
    case "task":
      return `${s.name}${s.operands.length === 0 ? "" : `(${s.operands.map(expression).join(", ")})`};`;
    case "wait":
      return `#${s.time};`;
    case "edge":
      return `@(posedge ${s.of});`;
  }
}

/** A lone statement as it is; an `if` in a block, or an `else` that follows would be taken for its own. */
const body = (statements: readonly Statement[]): string => {
  const [only, ...more] = statements;
  return only === undefined || more.length > 0 || only.kind === "if" || only.kind === "comment" ? block(statements) : statement(only);
};

const block = (statements: readonly Statement[]): string =>
  statements.length === 0 ? "begin end" : `begin\n${indented(statements.map(statement).join("\n"))}\nend`;

/** How strongly an operator binds; higher binds tighter. Those of equal strength group from the left. */
const STRENGTH: Readonly<Record<BinaryOperator, number>> = {
  "*": 11,
  "/": 11,
  "%": 11,
  "+": 10,
  "-": 10,
  "<<": 9,
  ">>": 9,
  "<<<": 9,
  ">>>": 9,
  "<": 8,
  "<=": 8,
  ">": 8,
  ">=": 8,
  "==": 7,
  "!=": 7,
  "===": 7,
  "!==": 7,
  "&": 6,
  "^": 5,
  "|": 4,
  "&&": 3,
  "||": 2,
};
const CHOICE = 1;
const UNARY = 12;
const ATOM = 13;

const expression = (e: Expression): string => operand(e, 0);

/** `e` in brackets where it binds more loosely than `least`. */
function operand(e: Expression, least: number): string {
  const [printed, strength] = bound(e);
  return strength < least ? `(${printed})` : printed;
}

function bound(e: Expression): readonly [text: string, strength: number] {
  if (typeof e === "string") return [e, ATOM];
  if (typeof e === "number") return [String(e), e < 0 ? UNARY : ATOM];
  switch (e.kind) {
    case "sized":
      return [`${e.width}'d${e.value}`, ATOM];
    case "text":
      return [quoted(e.text), ATOM];
    case "index":
      return [`${operand(e.of, ATOM)}[${expression(e.at)}]`, ATOM];
    case "slice":
      return [`${operand(e.of, ATOM)}[${expression(e.high)}:${expression(e.low)}]`, ATOM];
    case "part":
      return [`${operand(e.of, ATOM)}[${expression(e.from)} +: ${expression(e.width)}]`, ATOM];
    case "unary":
      return [`${e.operator}${operand(e.operand, ATOM)}`, UNARY];
    case "binary": {
      const strength = STRENGTH[e.operator];
      // The right side of equal strength needs brackets; a reduction has them for whoever reads it (`a & (&b)`).
      const right = typeof e.right === "object" && e.right.kind === "unary" && /[&|^]/.test(e.right.operator) ? ATOM : strength + 1;
      return [`${operand(e.left, strength)} ${e.operator} ${operand(e.right, right)}`, strength];
    }
    case "choice":
      return [`${operand(e.when, CHOICE + 1)} ? ${operand(e.then, CHOICE + 1)} : ${operand(e.otherwise, CHOICE)}`, CHOICE];
    case "concatenation":
      return [`{${e.parts.map(expression).join(", ")}}`, ATOM];
    case "repetition":
      return [`{${e.times}{${expression(e.of)}}}`, ATOM];
    case "call":
      return [e.operands.length === 0 ? e.name : `${e.name}(${e.operands.map(expression).join(", ")})`, ATOM];
  }
}

const remark = (text: string): string =>
  text
    .split("\n")
    .map((line) => `// ${harmless(line)}`.trimEnd())
    .join("\n");

const quoted = (text: string): string => `"${harmless(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** Names of the model may hold anything; in the text nothing but plain characters stands. */
const harmless = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, "?");

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ");
