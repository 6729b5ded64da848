import type { Access, AffineIndex, LoopNest } from "../../graph/loops.js";
import { fixed, loops, sum, times } from "./affine.js";
import { broadcast, type Rule, type Site } from "./site.js";

/** How one matrix operand is laid out. `batchInside`: its rows stand before the batch axes (FusedMatMul's `transBatch`). */
interface Operand {
  readonly input: number;
  readonly transposed?: boolean;
  readonly batchInside?: boolean;
}

/** Operands applied per output element: `rows` go with the rows of A, `columns` with the columns of B, `both` with the output. */
interface Epilogue {
  readonly rows?: readonly number[];
  readonly columns?: readonly number[];
  readonly both?: readonly number[];
}

const flag = (site: Site, attribute: string): boolean => site.view.int(attribute) === 1;

export const gemm: Rule = (site) =>
  product(site, { input: 0, transposed: flag(site, "transA") }, { input: 1, transposed: flag(site, "transB") }, { both: [2] });
export const gemmQuantized: Rule = (site) =>
  product(
    site,
    { input: 0, transposed: flag(site, "transA") },
    { input: 3, transposed: flag(site, "transB") },
    { rows: [1, 2], columns: [4, 5], both: [6, 7, 8] },
  );
export const matMul: Rule = (site) => product(site, { input: 0 }, { input: 1 }, {});
export const matMulInteger: Rule = (site) => product(site, { input: 0 }, { input: 1 }, { rows: [2], columns: [3] });
export const matMulIntegerToFloat: Rule = (site) => product(site, { input: 0 }, { input: 1 }, { rows: [2, 4], columns: [3, 5], both: [6] });
export const matMulQLinear: Rule = (site) => product(site, { input: 0 }, { input: 3 }, { rows: [1, 2], columns: [4, 5], both: [6, 7] });
export const matMulDynamicQuantize: Rule = (site) => product(site, { input: 0 }, { input: 1 }, { columns: [2, 3], both: [4] });
export const matMulFused: Rule = (site) =>
  product(
    site,
    { input: 0, transposed: flag(site, "transA"), batchInside: flag(site, "transBatchA") },
    { input: 1, transposed: flag(site, "transB"), batchInside: flag(site, "transBatchB") },
    {},
  );

/**
 * B0, B1 ... (batch), N, K, C: `y[b, n, k] += a[b, n, c] · b[b, c, k]`. As for convolutions, K counts output features,
 * C is summed over, N counts independent rows. A 1-D operand is a row (A) or a column (B) that the output drops.
 */
function product(site: Site, left: Operand, right: Operand, epilogue: Epilogue): readonly LoopNest[] {
  const a = site.dims(left.input);
  const b = site.dims(right.input);
  const y = site.out(0);
  if (!a || !b || !y || a.length < 1 || b.length < 1) return [];
  const [rows, depth] = a.length === 1 ? [undefined, a[0]] : sides(a, left);
  const [inner, columns] = b.length === 1 ? [b[0], undefined] : sides(b, right);
  const batch = y.slice(0, y.length - (rows === undefined ? 0 : 1) - (columns === undefined ? 0 : 1));
  if (depth === undefined || depth !== inner) return [];

  const l = loops();
  const outer = batch.map((size, i) => l.open(`B${i}`, size));
  const N = l.open("N", rows ?? 1);
  const K = l.open("K", columns ?? 1);
  const C = l.open("C", depth);
  const into = [...outer, ...(rows === undefined ? [] : [N]), ...(columns === undefined ? [] : [K])];
  const reads = [
    site.read(left.input, a.length === 1 ? [C] : matrix(a, left, outer, N, C)),
    site.read(right.input, b.length === 1 ? [C] : matrix(b, right, outer, C, K)),
    ...(epilogue.rows ?? []).flatMap((input) => scale(site, input, N, into)),
    ...(epilogue.columns ?? []).flatMap((input) => scale(site, input, K, into)),
    ...(epilogue.both ?? []).flatMap((input) => broadcast(site, input, into)),
  ];
  return [{ kind: "mac", loops: l.list, reads, write: site.write(0, into) }];
}

/** The two matrix sides of an operand of rank 2 or more, in the order the product uses them. */
function sides(dims: readonly number[], { transposed, batchInside }: Operand): readonly [number | undefined, number | undefined] {
  const first = batchInside ? dims[0] : dims[dims.length - 2];
  const last = dims[dims.length - 1];
  return transposed ? [last, first] : [first, last];
}

function matrix(
  dims: readonly number[],
  { transposed, batchInside }: Operand,
  outer: readonly AffineIndex[],
  row: AffineIndex,
  column: AffineIndex,
): readonly AffineIndex[] {
  const [first, last] = transposed ? [column, row] : [row, column];
  const batchDims = batchInside ? dims.slice(1, -1) : dims.slice(0, -2);
  const from = outer.length - batchDims.length;
  const batch = batchDims.map((size, i) => (size === 1 ? fixed(0) : (outer[from + i] ?? fixed(0))));
  return batchInside ? [first, ...batch, last] : [...batch, first, last];
}

/** A scale or zero point: one for all, one per row or column, or shaped like the operand. */
function scale(site: Site, input: number, along: AffineIndex, into: readonly AffineIndex[]): readonly Access[] {
  const rank = site.dims(input)?.length ?? 0;
  return broadcast(site, input, rank <= 1 ? [along] : into);
}

/**
 * MatMulNBits: `b[k, block, byte]` packs the C axis in blocks of `block_size` elements of `bits` bits. C is split into CB
 * (block), CY (byte) and CE (element of a byte); a last, shorter block is a nest of its own.
 * Source: com.microsoft operator documentation.
 */
export const matMulNBits: Rule = (site) => {
  const a = site.dims(0);
  const y = site.out(0);
  const depth = site.view.int("K");
  const columns = site.view.int("N");
  const bits = site.view.int("bits") ?? 4;
  const block = site.view.int("block_size");
  if (!a || !y || !depth || !columns || !block || a.length < 1 || a[a.length - 1] !== depth) return [];
  const perByte = 8 / bits;
  if (!Number.isInteger(perByte) || block % perByte !== 0) return [];

  const part = (firstBlock: number, blocks: number, length: number): LoopNest => {
    const l = loops();
    const outer = y.slice(0, -1).map((size, i) => l.open(i === y.length - 2 ? "N" : `B${i}`, size));
    const K = l.open("K", columns);
    const CB = l.open("CB", blocks);
    const CY = l.open("CY", length / perByte);
    const CE = l.open("CE", perByte);
    const at = sum(CB, firstBlock);
    const c = sum(times(block, at), times(perByte, CY), CE);
    // Scales come as [N, blocks] or flat [N · blocks].
    const scales = site.dims(2)?.length === 1 ? [sum(times(Math.ceil(depth / block), K), at)] : [K, at];
    return {
      kind: "mac",
      loops: l.list,
      reads: [
        site.read(0, [...outer, c]),
        site.read(1, [K, at, CY]),
        ...(site.view.inputs[2] === undefined ? [] : [site.read(2, scales)]),
        ...broadcast(site, 5, [K]),
      ],
      write: site.write(0, [...outer, K]),
    };
  };
  const whole = Math.floor(depth / block);
  const rest = depth % block;
  if (rest % perByte !== 0) return [];
  return [...(whole > 0 ? [part(0, whole, block)] : []), ...(rest > 0 ? [part(whole, 1, rest)] : [])];
};
