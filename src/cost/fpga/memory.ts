import type { FabricResources, PipelineTarget } from "../../target/pipeline-target.js";
import { NOTHING } from "./resources.js";

/** Words side by side, one of them read per cycle. */
export interface Words {
  /** Bits of a word. */
  readonly width: number;
  readonly depth: number;
}

/** What a memory lies in. `none`: there is none. */
export type Style = "bram" | "uram" | "lutram" | "none";

/**
 * How a memory is used. `rom`: never written. `ram`: one port to read, one to write; both with a register behind. `immediate`: as `ram`,
 * without the register. `exchange`: as `immediate`, but a word is read where it is about to be written: one address for both.
 */
export type Access = "rom" | "ram" | "immediate" | "exchange";

/** A rectangle of equal RAMs: `columns` side by side make words as wide, `rows` one after the other as many as needed. */
export interface Banks {
  readonly shape: Words;
  readonly columns: number;
  readonly rows: number;
}

/** Shapes of an 18-Kbit block RAM with one port to read and one to write. Source: AMD UG473 and UG573, tables of port aspect ratios. */
export const BLOCK_RAM: readonly Words[] = [
  { width: 36, depth: 512 },
  { width: 18, depth: 1024 },
  { width: 9, depth: 2048 },
  { width: 4, depth: 4096 },
  { width: 2, depth: 8192 },
  { width: 1, depth: 16384 },
];
/** Source: AMD UG573. */
export const ULTRA_RAM: Words = { width: 72, depth: 4096 };
/** Memories up to this size are not worth a block RAM. */
export const SMALLEST_BLOCK_BITS = 1024;

/** What a memory is really made of: a small one lies in LUTs whatever was asked for. */
export const styleOf = ({ width, depth }: Words, asked: Style): Style =>
  width * depth === 0 ? "none" : width * depth <= SMALLEST_BLOCK_BITS ? "lutram" : asked;

/** Queues and line buffers up to this depth are not worth one either, however wide. */
export const SHALLOWEST_BLOCK = 64;

/** What a queue or line buffer is made of. */
export const queueStyle = ({ width, depth }: Words): Style =>
  width * depth === 0 ? "none" : width * depth <= SMALLEST_BLOCK_BITS || depth <= SHALLOWEST_BLOCK ? "lutram" : "bram";

/** The block RAMs of `words`: all of one shape, that of which the fewest are needed; among equals the deepest, since rows need a multiplexer. */
export function blockRamBanks({ width, depth }: Words): Banks {
  let best: Banks | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const shape of BLOCK_RAM) {
    const columns = Math.ceil(width / shape.width);
    const rows = Math.ceil(depth / shape.depth);
    if (columns * rows > least) continue;
    least = columns * rows;
    best = { shape, columns, rows };
  }
  return best!;
}

/** The URAMs of `words`. */
export const ultraRamBanks = ({ width, depth }: Words): Banks => ({
  shape: ULTRA_RAM,
  columns: Math.ceil(width / ULTRA_RAM.width),
  rows: Math.ceil(depth / ULTRA_RAM.depth),
});

/** A memory of `words` made of `asked`. */
export function memoryCost(fabric: PipelineTarget["fabric"], words: Words, asked: Style, access: Access): FabricResources {
  const style = styleOf(words, asked);
  switch (style) {
    case "none":
      return NOTHING;
    case "bram": {
      const { columns, rows } = blockRamBanks(words);
      return { ...NOTHING, bram18: columns * rows, lut: multiplexer(words.width, rows) };
    }
    case "uram": {
      const { columns, rows } = ultraRamBanks(words);
      return { ...NOTHING, uram: columns * rows, lut: multiplexer(words.width, rows) };
    }
    case "lutram":
      return {
        ...NOTHING,
        lut: access === "rom" ? romLuts(words) : ramLuts(fabric, words, access === "exchange"),
        // A single word is a register.
        ff: (access === "rom" || access === "ram" ? words.width : 0) + (access !== "rom" && words.depth === 1 ? words.width : 0),
      };
  }
}

/** LUTs of a choice between `ways` words: one of 6 inputs chooses between 4. */
export const multiplexer = (width: number, ways: number): number => (ways <= 1 ? 0 : width * Math.ceil((ways - 1) / 3));

/** A LUT holds 64 bits; dedicated multiplexers join up to four of them. */
function romLuts({ width, depth }: Words): number {
  const quads = Math.ceil(depth / 256);
  return width * Math.ceil(depth / 64) + multiplexer(width, quads);
}

/** Distributed RAM; where reads have an address of their own, the last LUT of a group carries the one of writes. Source: AMD UG474 and UG574. */
function ramLuts(fabric: PipelineTarget["fabric"], { width, depth }: Words, oneAddress: boolean): number {
  const luts = fabric === "7series" ? 4 : 8;
  const bits = oneAddress ? luts : luts - 1;
  if (depth <= 1) return 0;
  if (depth <= 32) return luts * Math.ceil(width / (2 * bits));
  const rows = Math.ceil(depth / 64);
  return luts * Math.ceil(width / bits) * rows + multiplexer(width, rows);
}
