/**
 * Silicon that an array and its buffers take, at one technology (40 nm) whatever the technology of a target's energies: for
 * comparing designs with each other, not for quoting one. Leaves out pads, clock trees, the memory controller and hosts.
 * Sources, with what is assumed: docs/math/explore.md, section 2.
 */
import type { Bytes, Quantity } from "../base/units.js";
import { bitsOf, type ElementType } from "../graph/element-type.js";
import type { PeArray } from "../target/fusion-target.js";

export type SquareMillimetres = Quantity<"mm²">;

/** Processing elements of a template, control included. */
interface Element {
  /** Two-input NAND gates for one multiply-accumulate. */
  readonly gates: number;
  /** Bits of the operands the gates were counted for. */
  readonly bits: number;
  /** Local memory of one element. */
  readonly bytes: number;
}

/** VWA: 266.9 K gates for 168 MACs of 8 bits (Chang and Chang, IEEE TCAS-I 67(1), 2020, abstract). */
const VWA: Element = { gates: 266_900 / 168, bits: 8, bytes: 0 };

/** Templates without a published count are taken to need what VWA does. */
const ELEMENTS: Readonly<Record<Exclude<PeArray["template"], "custom">, Element>> = {
  vwa: VWA,
  nvdla: VWA,
  systolic: VWA,
  // Eyeriss (Chen et al., IEEE JSSC 52(1), 2017, table III): 1,176 K gates for 168 elements of 16 bits, and of its 181.5 KB the
  // 108 KB buffer apart.
  "row-stationary": { gates: 1_176_000 / 168, bits: 16, bytes: ((181.5 - 108) * 1024) / 168 },
};

/** Of a two-input NAND gate at 40 nm: 0.57 µm x 1.4 µm in the Nangate library of FreePDK45, by the square of the length. */
const GATE = 0.798 * (40 / 45) ** 2;
/** Share of the rows of cells that gates fill. Assumption. */
const FILLED = 0.7;
/** Of a six-transistor cell at 40 nm: TSMC's announcement of 24 March 2008. */
const BIT = 0.242;
/** Share of a macro that its cells fill. Assumption: the rest is decoders, amplifiers and spare lines. */
const CELLS = 0.6;

/** Of `macs` multiply-accumulates in a cycle, with operands of `type`; of 8 bits where it is not given. */
export function arrayArea(template: keyof typeof ELEMENTS, macs: number, type: ElementType | undefined): SquareMillimetres {
  const { gates, bits, bytes } = ELEMENTS[template];
  const wider = operation(type ?? "int8") / operation(bits === 16 ? "int16" : "int8");
  return squareMillimetres(macs * ((gates * wider * GATE) / FILLED + sramMicrometres(bytes)));
}

/** Of an on-chip memory of `size`. */
export const memoryArea = (size: Bytes): SquareMillimetres => squareMillimetres(sramMicrometres(size));

const sramMicrometres = (bytes: number): number => (bytes * 8 * BIT) / CELLS;

/**
 * µm² at 45 nm of a multiplication and the addition of its product (Horowitz, ISSCC 2014): integers between the published 8
 * and 32 bits on logarithmic scales, added in 32 bits. Only ratios of it are used.
 */
function operation(type: ElementType): number {
  if (type === "float16" || type === "bfloat16") return 1640 + 1360;
  if (/^(float|double|complex)/.test(type)) return (7700 + 4184) * (bitsOf(type) / 32);
  return 282 * (bitsOf(type) / 8) ** (Math.log(3495 / 282) / Math.log(4)) + 137;
}

const squareMillimetres = (micrometres: number): SquareMillimetres => (micrometres / 1e6) as SquareMillimetres;
