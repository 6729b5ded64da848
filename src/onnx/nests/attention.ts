import type { AffineIndex, LoopNest } from "../../graph/loops.js";
import { fixed, loops, sum, times } from "./affine.js";
import type { Rule, Site } from "./site.js";

/** A stack of heads: queries, keys or values. `at` names one element; a factor that is no tensor has a nominal index. */
interface Heads {
  readonly length: number;
  readonly width: number;
  readonly input: number;
  readonly at: (batch: AffineIndex, head: AffineIndex, position: AffineIndex, feature: AffineIndex) => readonly AffineIndex[];
}

interface Shape {
  readonly batch: number;
  readonly heads: number;
  /** Query heads per key head. */
  readonly repeat: number;
}

/**
 * Scores and weighted values, one nest each per stretch of keys (cached and new):
 * `score[b, h, n, k] += q[n, c] · key[k, c]` and `y[b, h, n, k] += weight[n, c] · value[c, k]`, with B (batch), G (key
 * head), R (query heads per key head), N (query position), K and C. The scores are no tensor: the first nest writes, and
 * the second reads, in place of the row of scores, the first feature of the row of `y` (of `q`) it belongs to.
 * Masking skips nothing: every pair counts.
 */
function attend(
  site: Site,
  shape: Shape,
  q: Heads,
  stretches: readonly { readonly key: Heads; readonly value: Heads }[],
): readonly LoopNest[] {
  const y = site.out(0);
  const width = stretches[0]?.value.width;
  if (!y || width === undefined || shape.batch < 1 || stretches.some(({ key, value }) => key.width !== q.width || value.width !== width))
    return [];
  const write = (b: AffineIndex, h: AffineIndex, n: AffineIndex, feature: AffineIndex) =>
    site.write(0, y.length === 4 ? [b, h, n, feature] : [b, n, sum(times(width, h), feature)]);

  return stretches
    .filter(({ key }) => key.length > 0)
    .flatMap(({ key, value }) => {
      const nest = (columns: number, depth: number, scores: boolean): LoopNest => {
        const l = loops();
        const b = l.open("B0", shape.batch);
        const g = l.open("G", shape.heads);
        const r = l.open("R", shape.repeat);
        const n = l.open("N", q.length);
        const k = l.open("K", columns);
        const c = l.open("C", depth);
        const h = sum(times(shape.repeat, g), r);
        const reads = scores
          ? [site.read(q.input, q.at(b, h, n, c)), site.read(key.input, key.at(b, g, k, c))]
          : [site.read(q.input, q.at(b, h, n, fixed(0))), site.read(value.input, value.at(b, g, c, k))];
        return { kind: "mac", loops: l.list, reads, write: write(b, h, n, scores ? fixed(0) : k) };
      };
      return [nest(key.length, q.width, true), nest(width, key.length, false)];
    });
}

/** ai.onnx Attention: 3-D `[B, S, H·D]` with head counts in attributes, or 4-D `[B, H, S, D]`. */
export const attention: Rule = (site) => {
  const q = site.dims(0);
  if (!q) return [];
  const queries = q.length === 4 ? q[1] : site.view.int("q_num_heads");
  const keys = q.length === 4 ? site.dims(1)?.[1] : site.view.int("kv_num_heads");
  return grouped(site, queries, keys, { key: 4, value: 5 });
};

/** com.microsoft MultiHeadAttention. Packed layouts (5-D) have no nest. */
export const attentionMultiHead: Rule = (site) => {
  const heads = site.view.int("num_heads");
  return grouped(site, heads, heads, { key: 6, value: 7 });
};

/** com.microsoft GroupQueryAttention. A packed query (no key input) has no nest. */
export const attentionGrouped: Rule = (site) =>
  grouped(site, site.view.int("num_heads"), site.view.int("kv_num_heads"), { key: 3, value: 4 });

function grouped(
  site: Site,
  queries: number | undefined,
  keys: number | undefined,
  past: { key: number; value: number },
): readonly LoopNest[] {
  if (!queries || !keys || queries % keys !== 0) return [];
  const q = operand(site, 0, queries);
  const key = operand(site, 1, keys);
  const value = operand(site, 2, keys);
  if (!q || !key || !value || key.length !== value.length) return [];
  const cached = { key: operand(site, past.key, keys), value: operand(site, past.value, keys) };
  const before = cached.key && cached.value ? [{ key: cached.key, value: cached.value }] : [];
  return attend(site, { batch: site.dims(0)?.[0] ?? 0, heads: keys, repeat: queries / keys }, q, [...before, { key, value }]);
}

/** An operand of `heads` heads, 3-D or 4-D. */
function operand(site: Site, input: number, heads: number): Heads | undefined {
  const dims = site.dims(input);
  if (dims?.length === 4 && dims[1] === heads)
    return { input, length: dims[2] ?? 0, width: dims[3] ?? 0, at: (b, h, position, feature) => [b, h, position, feature] };
  if (dims?.length !== 3 || (dims[2] ?? 0) % heads !== 0) return undefined;
  const width = (dims[2] ?? 0) / heads;
  return { input, length: dims[1] ?? 0, width, at: (b, h, position, feature) => [b, position, sum(times(width, h), feature)] };
}

/**
 * com.microsoft Attention projects its input to queries, keys and values first: `x [B, S, I] · w [I, Q + K + V]`. The
 * projections are no tensors: scores and values name the row of `x` they come from, and the projection writes the row of
 * `y` at its own position.
 */
export const attentionProjected: Rule = (site) => projected(site, 4);
export const attentionProjectedQuantized: Rule = (site) => projected(site, 8);

function projected(site: Site, cache: number): readonly LoopNest[] {
  const x = site.dims(0);
  const w = site.dims(1);
  const heads = site.view.int("num_heads");
  if (x?.length !== 3 || w?.length !== 2 || !heads || x[2] !== w[0]) return [];
  const [batch = 0, positions = 0, features = 0] = x;
  const total = w[1] ?? 0;
  const [queries, keys, values] = site.view.ints("qkv_hidden_sizes") ?? [total / 3, total / 3, total / 3];
  if (queries === undefined || values === undefined || queries !== keys || queries % heads !== 0 || values % heads !== 0) return [];
  if (queries + keys + values !== total) return [];

  const l = loops();
  const b = l.open("B0", batch);
  const n = l.open("N", positions);
  const k = l.open("K", total);
  const c = l.open("C", features);
  const projection: LoopNest = {
    kind: "mac",
    loops: l.list,
    reads: [site.read(0, [b, n, c]), site.read(1, [c, k])],
    write: site.write(0, [b, n, fixed(0)]),
  };
  const row = (width: number, length = positions): Heads => ({
    input: 0,
    length,
    width,
    at: (bb, _h, position) => [bb, position, fixed(0)],
  });
  const past = site.dims(cache);
  const stretch = { key: row(queries / heads), value: row(values / heads) };
  const cached = (part: number, width: number): Heads => ({
    input: cache,
    length: past?.[3] ?? 0,
    width,
    at: (bb, h, position, feature) => [fixed(part), bb, h, position, feature],
  });
  const before = past?.length === 5 ? [{ key: cached(0, queries / heads), value: cached(1, values / heads) }] : [];
  return [projection, ...attend(site, { batch, heads, repeat: 1 }, row(queries / heads), [...before, stretch])];
}
