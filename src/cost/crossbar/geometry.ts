import type { Encoding } from "../../target/crossbar-target.js";
import { slicesOf } from "./encoding.js";

/** One matrix product per group, as far as its shape goes. */
export interface Matrices {
  readonly groups: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly bits: number;
}

/** How bundles lie on crossbars (docs/math/crossbar.md, "Where weights lie"). */
export interface Arrangement {
  readonly encoding: Encoding;
  readonly sharing: number;
  readonly spread: number;
  readonly rounds: number;
  /** Row at which its lines begin, of all strips or of each: strips of one part may share crossbars by rows; 0 elsewhere. */
  readonly top: number | readonly number[];
  /** Most bundles of a strip, so that more crossbars fire at once; as many as fit where absent. */
  readonly fill?: number | undefined;
}

export interface Geometry {
  /** Cells of a weight, and of a bundle side by side. */
  readonly slices: number;
  readonly width: number;
  readonly bundlesPerGroup: number;
  readonly bundles: number;
  /** Bundles side by side and above one another on a crossbar. 0 where a bundle is wider than a crossbar. */
  readonly across: number;
  readonly high: number;
  readonly strips: number;
  /** Of a bundle: `spread` x rows, or what its inputs take in so many rounds where several bundles stand above one another. */
  readonly lines: number;
  /** Rows of a crossbar that its bundles reach over. */
  readonly height: number;
  /** Row at which the first strip begins, and where each does. */
  readonly top: number;
  readonly tops: number | readonly number[];
  /** Distinct contents of a crossbar that hold the layer. */
  readonly loads: number;
}

export function geometryOf(
  { groups, inputs, outputs, bits }: Matrices,
  { encoding, sharing, spread, rounds, top: tops, fill }: Arrangement,
  { rows, columns, cellBits }: { readonly rows: number; readonly columns: number; readonly cellBits: number },
): Geometry {
  const slices = slicesOf(encoding, bits, cellBits);
  const width = sharing * slices;
  const bundlesPerGroup = Math.ceil(outputs / sharing);
  const bundles = groups * bundlesPerGroup;
  const most = fill ?? Number.POSITIVE_INFINITY;
  const across = Math.min(Math.floor(columns / width), most);
  const fewest = Math.ceil(inputs / rounds);
  const room = spread === 1 ? Math.max(1, Math.floor(rows / fewest)) : 1;
  const high = Math.max(1, Math.min(room, Math.floor(most / across)));
  const lines = room > 1 ? fewest : spread * rows;
  const height = Math.min(rows, lines * Math.min(high, Math.ceil(bundles / Math.max(1, across))));
  const strips = across === 0 ? 0 : Math.ceil(bundles / (across * high));
  const top = typeof tops === "number" ? tops : tops[0]!;
  return { slices, width, bundlesPerGroup, bundles, across, high, strips, lines, height, top, tops, loads: strips * spread * rounds };
}

/** Where the outputs of bundle `b` begin, which group they are of, and where on its crossbar the bundle stands. */
export function bundleAt(geometry: Geometry, { outputs }: Matrices, sharing: number, b: number) {
  const { bundlesPerGroup, across, high, width, lines } = geometry;
  const place = b % (across * high);
  const first = (b % bundlesPerGroup) * sharing;
  const strip = Math.floor(b / (across * high));
  return {
    strip,
    group: Math.floor(b / bundlesPerGroup),
    first,
    outputs: Math.min(sharing, outputs - first),
    left: (place % across) * width,
    /** Row of its first line. */
    top: topOf(geometry, strip) + Math.floor(place / across) * lines,
  };
}

/** Row at which a strip begins. */
export const topOf = ({ tops }: Geometry, strip: number): number => (typeof tops === "number" ? tops : tops[strip]!);

/** Rows of a crossbar that the bundles of a strip reach over; the last strip may have fewer bundles. */
export const heightOf = ({ bundles, across, high, lines, height }: Geometry, strip: number): number =>
  Math.min(height, lines * Math.ceil((bundles - strip * across * high) / across));

/** Contents of crossbars that hold a layer as it is: two's complement, every output with all its inputs beneath one another, several above one another where they are few. */
export function plainLoads(
  matrices: Matrices,
  machine: { readonly rows: number; readonly columns: number; readonly cellBits: number },
): number {
  const rounds = Math.ceil(matrices.inputs / machine.rows);
  return geometryOf(matrices, { encoding: "twosComplement", sharing: 1, spread: 1, rounds, top: 0 }, machine).loads;
}
