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
  /** Row at which its lines begin, of all strips or of each part of each strip ([strip][part]): layers may share crossbars by rows. */
  readonly top: number | readonly number[];
  /** Lines that a bundle has on each crossbar; where absent all rows, or no more than its inputs take where several bundles stand above one another. */
  readonly deep?: number | undefined;
  /** Column at which its bundles begin, of all strips or of each part of each strip ([strip][part]); 0 where absent. */
  readonly left?: number | readonly number[] | undefined;
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
  /** Lines of a bundle, and those on each of its crossbars. */
  readonly lines: number;
  readonly deep: number;
  /** Rows of a crossbar that its bundles reach over. */
  readonly height: number;
  /** Row and column at which all strips begin, or where each part of each does, and how many parts there are. */
  readonly tops: number | readonly number[];
  readonly lefts: number | readonly number[];
  readonly parts: number;
  /** Distinct contents of a crossbar that hold the layer. */
  readonly loads: number;
}

export function geometryOf(
  { groups, inputs, outputs, bits }: Matrices,
  { encoding, sharing, spread, rounds, top: tops, deep: given, left: lefts = 0, fill }: Arrangement,
  { rows, columns, cellBits }: { readonly rows: number; readonly columns: number; readonly cellBits: number },
): Geometry {
  const slices = slicesOf(encoding, bits, cellBits);
  const width = sharing * slices;
  const bundlesPerGroup = Math.ceil(outputs / sharing);
  const bundles = groups * bundlesPerGroup;
  const most = fill ?? Number.POSITIVE_INFINITY;
  const across = Math.min(Math.floor(columns / width), most);
  const fewest = Math.ceil(inputs / rounds);
  const room = spread === 1 && given === undefined ? Math.max(1, Math.floor(rows / fewest)) : 1;
  const high = Math.max(1, Math.min(room, Math.floor(most / across)));
  const deep = given ?? (room > 1 ? fewest : rows);
  const height = Math.min(rows, deep * Math.min(high, Math.ceil(bundles / Math.max(1, across))));
  const strips = across === 0 ? 0 : Math.ceil(bundles / (across * high));
  const lines = spread * deep;
  const loads = strips * spread * rounds;
  return { slices, width, bundlesPerGroup, bundles, across, high, strips, lines, deep, height, tops, lefts, parts: spread, loads };
}

/** Where the outputs of bundle `b` begin, which group they are of, and where the bundle stands: columns and rows from where its strip begins. */
export function bundleAt(geometry: Geometry, { outputs }: Matrices, sharing: number, b: number) {
  const { bundlesPerGroup, across, high, width, deep } = geometry;
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
    top: Math.floor(place / across) * deep,
  };
}

/** Row at which a part of a strip begins. */
export const topOf = ({ tops, parts }: Geometry, strip: number, part: number): number =>
  typeof tops === "number" ? tops : tops[strip * parts + part]!;

/** Column at which a part of a strip begins. */
export const leftOf = ({ lefts, parts }: Geometry, strip: number, part: number): number =>
  typeof lefts === "number" ? lefts : lefts[strip * parts + part]!;

/** Columns that the bundles of a strip reach over. */
export const breadthOf = ({ bundles, across, high, width }: Geometry, strip: number): number =>
  width * Math.min(across, bundles - strip * across * high);

/** Rows of a crossbar that the bundles of a strip reach over; the last strip may have fewer bundles. */
export const heightOf = ({ bundles, across, high, deep, height }: Geometry, strip: number): number =>
  Math.min(height, deep * Math.ceil((bundles - strip * across * high) / across));

/** Contents of crossbars that hold a layer as it is: two's complement, every output with all its inputs beneath one another, several above one another where they are few. */
export function plainLoads(
  matrices: Matrices,
  machine: { readonly rows: number; readonly columns: number; readonly cellBits: number },
): number {
  const rounds = Math.ceil(matrices.inputs / machine.rows);
  return geometryOf(matrices, { encoding: "twosComplement", sharing: 1, spread: 1, rounds, top: 0 }, machine).loads;
}
