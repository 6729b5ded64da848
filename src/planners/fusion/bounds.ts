import type { Costs } from "./costs.js";
import type { Prepared, Windows } from "./prepare.js";
import type { Pricing } from "./pricing.js";

/**
 * What every plan needs of every layer and map, whatever is grouped and tiled: the elements that network outputs depend
 * on. Source: docs/math/fusion.md, section 7.
 */
export interface Floors {
  /** Per layer: multiply-accumulates. */
  readonly macs: Float64Array;
  /** Per layer: cycles, each element at the rate of the tile shape that the machine is fastest at. */
  readonly cycles: Float64Array;
  /** Per layer: picojoules between array and buffer, likewise at the best rate. */
  readonly exchange: Float64Array;
  /** Per read: bytes of the map, once. */
  readonly read: Float64Array;
  /** Per map: bytes of all of it. */
  readonly map: Float64Array;
  /** Per map: bytes of what must be made of it. */
  readonly made: Float64Array;
}

/** Rows and columns: `1` where one is needed. */
interface Needed {
  readonly rows: Uint8Array;
  readonly columns: Uint8Array;
  readonly area: number;
}

export function floorsOf(prepared: Prepared, costs: Costs): Floors {
  const { reads, readMap, writes, readers, isOutput, mapBits, y, x } = prepared;
  const count = writes.length;
  const macs = new Float64Array(count);
  const cycles = new Float64Array(count);
  const exchange = new Float64Array(count);
  const read = new Float64Array(readMap.length);
  const map = Float64Array.from(mapBits, (bits, m) => Math.ceil((bits * y.length[m]! * x.length[m]!) / 8));
  const made = map.slice();
  const needed: (Needed | undefined)[] = Array.from(mapBits, () => undefined);
  for (let l = count - 1; l >= 0; l--) {
    const to = writes[l]!;
    const known = isOutput[to] === 1 || readers[to]!.length === 0 ? undefined : needed[to];
    const { rows, columns } = known ?? { rows: new Uint8Array(y.length[to]!).fill(1), columns: new Uint8Array(x.length[to]!).fill(1) };
    if (known !== undefined) made[to] = (known.area * mapBits[to]!) / 8;
    const pooled = prepared.pooled[l] === 1;
    const down = pooled ? touched(rows, y.pooling, l, y.computed[l]!) : rows;
    const across = pooled ? touched(columns, x.pooling, l, x.computed[l]!) : columns;
    const area = ones(down) * ones(across);
    macs[l] = prepared.macs[l]! * area;
    const rates = leastRates(prepared, costs, l);
    cycles[l] = rates.cycles * area;
    exchange[l] = rates.exchange * area;
    for (let r = reads[l]!; r < reads[l + 1]!; r++) {
      const from = readMap[r]!;
      const one: Needed = withArea(touched(down, y.window, r, y.length[from]!), touched(across, x.window, r, x.length[from]!));
      read[r] = (one.area * mapBits[from]!) / 8;
      // The largest rectangle: what two readers need together need not be one.
      if (one.area > (needed[from]?.area ?? -1)) needed[from] = one;
    }
  }
  return { macs, cycles, exchange, read, map, made };
}

/** Tile shapes tried, per layer; beyond, the array counts as fully used. */
const MOST_SHAPES = 2 ** 16;

/** What computing an element takes at least. */
interface Rates {
  readonly cycles: number;
  readonly exchange: number;
}

/**
 * Least cycles, and least picojoules between array and buffer, per computed element over all tile shapes. A custom array counts
 * as fully used, its memories as nothing; so does what the vector unit reads and writes.
 */
function leastRates({ problem, macs, y, x, isMac }: Prepared, costs: Costs, l: number): Rates {
  const { kind, shape } = problem.layers[l]!;
  const only = (cycles: number): Rates => ({ cycles, exchange: 0 });
  if (kind === "move") return only(0);
  if (kind === "vector") return only(shape.outputs / problem.machine.vector);
  const height = y.computed[l]!;
  const width = x.computed[l]!;
  const whole = problem.machine.array.template === "custom" || height * width > MOST_SHAPES;
  if (isMac[l] === 0 || whole) return only(macs[l]! / costs.peak);
  let cycles = Number.POSITIVE_INFINITY;
  let exchange = Number.POSITIVE_INFINITY;
  for (let rows = 1; rows <= height; rows++)
    for (let columns = 1; columns <= width; columns++) {
      cycles = Math.min(cycles, costs.cycles(l, rows, columns) / (rows * columns));
      exchange = Math.min(exchange, costs.exchange(l, rows, columns) / (rows * columns));
    }
  return { cycles, exchange };
}

const withArea = (rows: Uint8Array, columns: Uint8Array): Needed => ({ rows, columns, area: ones(rows) * ones(columns) });

/** Elements of an axis of `length` that windows of the wanted positions hold. */
function touched(wanted: Uint8Array, { stride, extent, before, repeat }: Windows, w: number, length: number): Uint8Array {
  const marks = new Uint8Array(length);
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === 0) continue;
    const first = i * stride[w]! - before[w]!;
    const from = Math.max(0, Math.floor(first / repeat[w]!));
    const to = Math.min(length, Math.ceil((first + extent[w]!) / repeat[w]!));
    if (to > from) marks.fill(1, from, to);
    if (stride[w] === 0) break;
  }
  return marks;
}

function ones(marks: Uint8Array): number {
  let n = 0;
  for (const mark of marks) n += mark;
  return n;
}

/** Bytes off chip, multiply-accumulates, cycles of computing and picojoules between array and buffer below which something cannot be run. */
export interface Floor {
  readonly traffic: number;
  readonly macs: number;
  readonly cycles: number;
  readonly exchange: number;
}

/** The floor of the whole network: inputs, outputs and weights cross once. */
export function compulsory({ prepared, floors }: Pricing): Floor {
  const { readers, isOutput, writer } = prepared;
  const sum = (list: Float64Array) => list.reduce((n, x) => n + x, 0);
  let maps = 0;
  for (let m = 0; m < isOutput.length; m++) {
    if (writer[m]! >= 0 && (isOutput[m] === 1 || readers[m]!.length === 0)) maps += floors.map[m]!;
    if (writer[m]! < 0) maps += prepared.readMap.reduce((most, from, r) => (from === m ? Math.max(most, floors.read[r]!) : most), 0);
  }
  return {
    traffic: Math.floor(maps + sum(prepared.weights)),
    macs: sum(floors.macs),
    cycles: sum(floors.cycles),
    exchange: sum(floors.exchange),
  };
}

/**
 * The floor of a group. Where its weights cannot all stay on chip they come once per tile, and there are at least so many
 * tiles that what crosses the chip boundary, twice, and the inner maps alive at once fit.
 *
 * @param layers ascending
 * @param inside whether a layer belongs to the group
 */
export function groupFloor({ prepared, floors, features, room }: Pricing, layers: Int32Array, inside: (layer: number) => boolean): Floor {
  const { reads, readMap, writes, writer, readers, isOutput } = prepared;
  const loads = new Map<number, number>();
  const last = new Map<number, number>();
  let crossing = 0;
  let weights = 0;
  let macs = 0;
  let cycles = 0;
  let exchange = 0;
  for (const l of layers) {
    cycles += floors.cycles[l]!;
    exchange += floors.exchange[l]!;
    weights += prepared.weights[l]!;
    macs += floors.macs[l]!;
    if (leaves(l)) crossing += floors.map[writes[l]!]!;
    for (let r = reads[l]!; r < reads[l + 1]!; r++) {
      const from = readMap[r]!;
      if (writer[from]! < 0 || !inside(writer[from]!)) loads.set(from, Math.max(loads.get(from) ?? 0, floors.read[r]!));
      last.set(from, l);
    }
  }
  for (const size of loads.values()) crossing += size;
  let passes = 1;
  if (layers.length > 1 && weights > room(0)) {
    let live = 0;
    let peak = 0;
    let together = [...loads.values()].reduce((sum, size) => sum + size, 0);
    let most = 0;
    for (const l of layers) {
      if (!leaves(l)) live += floors.made[writes[l]!]!;
      peak = Math.max(peak, live);
      together += floors.made[writes[l]!]!;
      most = Math.max(most, together);
      for (let r = reads[l]!; r < reads[l + 1]!; r++) {
        const from = readMap[r]!;
        if (last.get(from) !== l) continue;
        const external = writer[from]! < 0 || !inside(writer[from]!);
        if (external) together -= loads.get(from)!;
        else if (!leaves(writer[from]!)) {
          live -= floors.made[from]!;
          together -= floors.made[from]!;
        }
      }
    }
    if (most > features) passes = Math.max(2, Math.ceil((2 * crossing + peak) / features));
  }
  return { traffic: Math.floor(crossing + passes * weights), macs, cycles, exchange };

  function leaves(l: number): boolean {
    const map = writes[l]!;
    return isOutput[map] === 1 || readers[map]!.length === 0 || readers[map]!.some((r) => !inside(r));
  }
}
