import type { AffineIndex, LoopNest } from "../../graph/loops.js";
import { fixed, loops, sum, times } from "./affine.js";
import type { Rule, Site } from "./site.js";

export const rnn: Rule = (site) => recurrent(site, 1);
export const gru: Rule = (site) => recurrent(site, 3);
export const lstm: Rule = (site) => recurrent(site, 4);

/**
 * Two nests per direction: the input projection `y[t, n, h] += x[t, n, c] · w[gate·H + h, c]` and the recurrent one
 * `y[t, n, h] += y[t ∓ 1, n, c] · r[gate·H + h, c]`, which reads the operator's own output one step earlier (the initial
 * state at the edge). Sequence lengths are data: every sequence counts with its full length. Gates (P) are summed in the
 * sense that all of them go into one output. Where the whole sequence is not an output, the state's output stands for it.
 */
function recurrent(site: Site, gates: number): readonly LoopNest[] {
  const x = site.dims(0);
  const w = site.dims(1);
  const r = site.dims(2);
  if (x?.length !== 3 || w?.length !== 3 || r?.length !== 3) return [];
  const batchFirst = site.view.int("layout") === 1;
  const [steps, batch] = batchFirst ? [x[1] ?? 0, x[0] ?? 0] : [x[0] ?? 0, x[1] ?? 0];
  const [directions = 0, rows, features = 0] = w;
  const hidden = r[2] ?? 0;
  if (directions > 2 || x[2] !== features || rows !== gates * hidden || r[1] !== rows || r[0] !== directions) return [];
  const output = [0, 1, 2].find((o) => site.out(o) !== undefined);
  if (output === undefined) return [];

  const write = (t: AffineIndex, d: number, n: AffineIndex, h: AffineIndex) => {
    const at = fixed(d);
    if (output > 0) return site.write(output, batchFirst ? [n, at, h] : [at, n, h]);
    return site.write(0, batchFirst ? [n, t, at, h] : [t, at, n, h]);
  };
  const nest = (d: number, from: "input" | "state"): LoopNest => {
    const backwards = d === 1 || site.view.string("direction") === "reverse";
    const l = loops();
    const T = l.open("T", steps);
    const N = l.open("N", batch);
    const P = l.open("P", gates);
    const K = l.open("K", hidden);
    const C = l.open("C", from === "input" ? features : hidden);
    const row = sum(times(hidden, P), K);
    const source = from === "input" ? site.read(0, batchFirst ? [N, T, C] : [T, N, C]) : write(sum(T, backwards ? 1 : -1), d, N, C);
    const matrix = site.read(from === "input" ? 1 : 2, [fixed(d), row, C]);
    return { kind: "mac", loops: l.list, reads: [source, matrix], write: write(T, d, N, K) };
  };
  return Array.from({ length: directions }, (_, d) => [nest(d, "input"), nest(d, "state")]).flat();
}
