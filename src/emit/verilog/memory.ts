import { blockRamBanks, type Style, styleOf, ultraRamBanks, type Words } from "../../cost/fpga/memory.js";
import {
  at,
  binary,
  bitsFor,
  concatenation,
  drive,
  type Expression,
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
  task,
  text,
  when,
} from "./tree.js";

/** A memory of the design: `depth` words of `width` bits. Where it is not writable, its words come from init files. */
export interface Memory extends Words {
  /** Of its module. */
  readonly name: string;
  readonly comment: string;
  /** What it shall lie in; a small one lies in LUTs all the same. */
  readonly style: Style;
  /** With a port to write, beside that to read. */
  readonly writable: boolean;
}

/** A bank: bits `[low, low + width)` of words `[first, first + depth)`. */
export interface Bank {
  readonly name: string;
  readonly low: number;
  readonly width: number;
  readonly first: number;
  readonly depth: number;
}

/** The banks of a memory, each as large as one RAM of the device: what is counted there is what synthesis finds here. */
export function banksOf(memory: Memory): readonly Bank[] {
  const { width, depth } = memory;
  const bank = shapeOf(memory);
  const rows = Math.ceil(depth / bank.depth);
  const columns = Math.ceil(width / bank.width);
  return Array.from({ length: rows * columns }, (_, n) => {
    const [row, column] = [Math.floor(n / columns), n % columns];
    const [low, first] = [column * bank.width, row * bank.depth];
    return {
      name: rows * columns === 1 ? "bank" : `bank_${row}_${column}`,
      low,
      width: Math.min(bank.width, width - low),
      first,
      depth: Math.min(bank.depth, depth - first),
    };
  });
}

/** Largest bank. LUTs need no cut. */
function shapeOf(memory: Memory): Words {
  switch (styleOf(memory, memory.style)) {
    case "bram":
      return blockRamBanks(memory).shape;
    case "uram":
      return ultraRamBanks(memory).shape;
    default:
      return memory;
  }
}

/** What tells synthesis where a bank goes. Tools look for memories that are never written under either name; LUTs that are no RAM are logic. */
function attributesOf(memory: Memory): Readonly<Record<string, string>> {
  const style = { bram: "block", uram: "ultra", lutram: "distributed", none: "distributed" }[styleOf(memory, memory.style)];
  if (memory.writable) return { ram_style: style };
  return { ram_style: style === "distributed" ? "registers" : style, rom_style: style };
}

/** The file with the words of a bank, from the folder where tools run. */
export const initFile = (memory: Memory, bank: Bank): string => `data/${memory.name}_${bank.name}.hex`;

/**
 * The module of a memory: in a cycle with `read`, the word at `read_address` is taken and stands in `word` from the next
 * cycle on until another is read. Where it is writable, `write` puts `write_word` at `write_address`; a word may not be read and
 * written in the same cycle.
 */
export function memoryModule(memory: Memory): Module {
  const { width, depth, writable } = memory;
  const cut = shapeOf(memory);
  const banks = banksOf(memory);
  const rows = Math.ceil(depth / cut.depth);
  const address = bitsFor(depth - 1);
  const inner = bitsFor(cut.depth - 1);
  /** Banks are as deep as a power of two wherever there are several rows. */
  const row = (of: string): Expression => slice(of, address - 1, inner);
  const local = (of: string, { depth }: Bank): Expression =>
    rows === 1 && bitsFor(depth - 1) === address ? of : depth === 1 ? sized(1, 0) : slice(of, bitsFor(depth - 1) - 1, 0);

  const items: Item[] = [];
  for (const bank of banks) {
    const here = Math.floor(bank.first / cut.depth);
    const chosen = (of: string, gate: string): Expression =>
      rows === 1 ? gate : binary(gate, "&&", binary(row(of), "==", sized(address - inner, here)));
    items.push(
      { kind: "register", name: bank.name, width: bank.width, length: bank.depth, attributes: attributesOf(memory) },
      register(`${bank.name}_word`, bank.width),
    );
    if (!writable) items.push({ kind: "initial", body: [task("$readmemh", text(initFile(memory, bank)), bank.name)] });
    const body: Statement[] = [when("read", [next(`${bank.name}_word`, at(bank.name, local("read_address", bank)))])];
    const part = bank.low === 0 && bank.width === width ? "write_word" : slice("write_word", bank.low + bank.width - 1, bank.low);
    if (writable) body.push(when(chosen("write_address", "write"), [next(at(bank.name, local("write_address", bank)), part)]));
    items.push({ kind: "always", clock: "clock", body });
  }
  const line = (r: number): Expression => {
    const parts = banks.filter(({ first }) => first === r * cut.depth).map(({ name }) => `${name}_word`);
    return parts.length === 1 ? parts[0]! : concatenation(...parts.toReversed());
  };
  if (rows === 1) items.push(drive("word", line(0)));
  else
    items.push(
      { kind: "comment", text: "Which row of banks was read last." },
      register("row", address - inner),
      { kind: "always", clock: "clock", body: [when("read", [next("row", row("read_address"))])] },
      register("selected", width),
      {
        kind: "always",
        body: [
          {
            kind: "case",
            of: "row",
            arms: Array.from({ length: rows - 1 }, (_, r) => ({ values: [sized(address - inner, r)], body: [set("selected", line(r))] })),
            otherwise: [set("selected", line(rows - 1))],
          },
        ],
      },
      drive("word", "selected"),
    );
  return {
    name: memory.name,
    comment: memory.comment,
    ports: [
      input("clock"),
      ...(writable ? [input("write"), input("write_address", address), input("write_word", width)] : []),
      input("read"),
      input("read_address", address),
      output("word", width),
    ],
    items,
  };
}
