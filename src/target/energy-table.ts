/**
 * Energies to start from where a target names a technology instead of measured figures.
 *
 * Operations and SRAM: Horowitz, Computing's energy problem, ISSCC 2014, 45 nm at 0.9 V; other nodes in proportion to feature
 * size and squared voltage. Off-chip memories: Accelergy's DRAM table (github.com/Accelergy-Project/accelergy-cacti-plug-in,
 * cacti_wrapper.py), which cites public data, Malladi et al., ISCA 2012, and Chatterjee et al., MICRO 2017. These spread twentyfold
 * and decide how much energy fusion saves.
 */
import { type PicojoulesPerByte, type PicojoulesPerMac, picojoulesPerByte, picojoulesPerMac } from "../base/units.js";
import { bitsOf, type ElementType } from "../graph/element-type.js";

/** Nanometres and volts. Voltages but that of 45 nm are assumptions: 65 nm as Eyeriss was measured, the others nominal. */
const NODES = {
  "65nm": { length: 65, voltage: 1.0 },
  "45nm": { length: 45, voltage: 0.9 },
  "40nm": { length: 40, voltage: 0.9 },
  "28nm": { length: 28, voltage: 0.9 },
  "16nm": { length: 16, voltage: 0.8 },
} as const;

export type Technology = keyof typeof NODES;
export const technologies = Object.keys(NODES) as readonly Technology[];

/** What scaled figures are from, for a target's sources. */
export const tableSource = (technology: Technology): string =>
  `table: Horowitz, ISSCC 2014 (45 nm, 0.9 V), scaled to ${technology} at ${NODES[technology].voltage} V by length and squared voltage`;

/** A multiplication of two elements of `type` and the addition of the product; none for types without a published figure. */
export function macEnergy(technology: Technology, type: ElementType): PicojoulesPerMac | undefined {
  const picojoules = operation(type);
  return picojoules === undefined ? undefined : picojoulesPerMac(picojoules * scaleOf(technology));
}

/** Reading or writing a byte of an SRAM of `size` bytes: between the published sizes on logarithmic scales, above them in banks of the largest. */
export function sramEnergy(technology: Technology, size: number): PicojoulesPerByte {
  const above = SRAM.findIndex((point) => point.size >= size);
  const right = SRAM[Math.max(1, above === -1 ? SRAM.length - 1 : above)]!;
  const left = SRAM[SRAM.indexOf(right) - 1]!;
  const place = Math.log(Math.min(size, right.size) / left.size) / Math.log(right.size / left.size);
  return picojoulesPerByte(((left.picojoules * (right.picojoules / left.picojoules) ** place) / WORD_BYTES) * scaleOf(technology));
}

/** Picojoules per byte, reads and writes alike. */
export const OFF_CHIP_MEMORIES: Readonly<Record<string, PicojoulesPerByte>> = {
  LPDDR4: picojoulesPerByte(8 * 8),
  LPDDR: picojoulesPerByte(40 * 8),
  DDR3: picojoulesPerByte(70 * 8),
  GDDR5: picojoulesPerByte(14 * 8),
  HBM2: picojoulesPerByte(3.9 * 8),
};

export const memorySource = (name: string): string =>
  `table: ${name} in Accelergy's DRAM table (github.com/Accelergy-Project/accelergy-cacti-plug-in, cacti_wrapper.py)`;

/** Bytes, and picojoules for 64 bits. */
const SRAM = [
  { size: 8 * 2 ** 10, picojoules: 10 },
  { size: 32 * 2 ** 10, picojoules: 20 },
  { size: 2 ** 20, picojoules: 100 },
] as const;
const WORD_BYTES = 8;

/** Picojoules of an integer addition of 32 bits, in which products are summed. */
const ADDITION = 0.1;

/** Integers: 0.2 pJ for 8 x 8 bits, growing with both widths (3.2 for 32 x 32; published: 3.1). Floating point: multiplication and addition. */
function operation(type: ElementType): number | undefined {
  if (/^u?int/.test(type)) return 0.2 * (bitsOf(type) / 8) ** 2 + ADDITION;
  if (type === "float16" || type === "bfloat16") return 1.1 + 0.4;
  return type === "float32" ? 3.7 + 0.9 : undefined;
}

function scaleOf(technology: Technology): number {
  const { length, voltage } = NODES[technology];
  const published = NODES["45nm"];
  return (length / published.length) * (voltage / published.voltage) ** 2;
}
