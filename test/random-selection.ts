import { rng } from "../src/base/rng.js";
import type { Selection, SelectionEdge } from "../src/search/selection/problem.js";

/** A small selection: branches that join, pairs that are missing, budgets from hopeless to loose, whole and broken numbers. */
export function randomSelection(seed: number): Selection {
  const random = rng(seed);
  const below = (n: number) => Math.floor(random() * n);
  const broken = random() < 0.3;
  const amount = (most: number) => (broken ? Math.round(random() * most * 100) / 100 : below(most + 1));
  const rows = Array.from({ length: 1 + below(5) }, (_, r) => `row ${r}`);
  const costs = (most: number) => rows.map(() => (random() < 0.3 ? 0 : amount(most)));
  const count = 1 + below(6);
  const classes = 1 + below(3);
  const nodes = Array.from({ length: count }, () => ({
    options: Array.from({ length: 1 + below(5) }, () => ({
      time: 1 + below(12),
      costs: costs(10),
      load: random() < 0.4 ? 0 : amount(20),
      in: below(classes),
      out: below(classes),
    })),
  }));
  const converters = () =>
    Array.from({ length: classes * classes }, (_, pair) => ({
      out: Math.floor(pair / classes),
      in: pair % classes,
      costs: costs(5),
    })).filter((c) => random() < (c.out === c.in ? 0.2 : 0.85));
  const skips = random() * 0.7;
  const edges: SelectionEdge[] = [];
  for (let to = 1; to < count; to++)
    for (let from = 0; from < to; from++)
      if (random() < (from === to - 1 ? 0.85 : skips)) edges.push({ from, to, converters: converters() });
  const budgets = rows.map(() => (random() < 0.03 ? 0 : amount(Math.ceil(count * (4 + random() * 8)))));
  return { rows, budgets, rate: 0.2 + amount(6), fixedLoad: below(10), nodes, edges };
}
