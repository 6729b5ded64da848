import type { Mip } from "../../../search/mip.js";
import { gcd } from "../../../search/packing/problem.js";
import type { ScratchpadProblem } from "../plan.js";
import { addAddresses, addressTerms } from "./addresses.js";
import { type Columns, each, grid, residence } from "./columns.js";
import { type Content, type Frame, frameOf } from "./contents.js";
import { type MipWriter, mipWriter } from "./rows.js";
import { type Space, spaceOf } from "./space.js";

export interface Formulation {
  /** Orders to choose from: all, or the model's own alone. */
  readonly order: "free" | "model";
  /** Whether buffers get addresses, equations (9)-(11), or count by their bytes alone. */
  readonly addresses: boolean;
  /**
   * `published`: COSMA's equations word for word. Every re-fetch needs a write that counts, of inputs, weights and
   * finished outputs too; a tensor that leaves cannot come back for the very next step; nothing is overwritten in
   * place. `stowage`: what the judge counts.
   */
  readonly semantics: "stowage" | "published";
}

export interface Programme {
  readonly mip: Mip;
  readonly frame: Frame;
  readonly columns: Columns;
  /** Bytes per unit of the objective, and per unit of space: divided out, because solvers compute in floating point. */
  readonly price: number;
  readonly unit: number;
}

/**
 * COSMA's equations (1)-(12) (Li, Gupta, Malik, arXiv 2311.18246) with what they leave open added.
 *
 * @param most terms that equations (10) may take
 * @returns undefined where they would take more
 * @see docs/math/scratchpad.md, section 10, for the rows and for each addition
 */
export function formulate(problem: ScratchpadProblem, { order, addresses, semantics }: Formulation, most: number): Programme | undefined {
  const published = semantics === "published";
  const frame = published ? literally(frameOf(problem, order)) : frameOf(problem, order);
  const { contents, earliest, latest } = frame;
  const n = problem.steps.length;
  const used = contents.map(({ buffer }) => problem.buffers[buffer]!);
  const price = Math.max(1, used.map(({ size }) => size).reduce(gcd, 0));
  const space = spaceOf(
    problem.machine,
    used.map(({ footprint }) => footprint),
  );
  const birth = contents.map((c) => (c.producer >= 0 ? earliest[c.producer]! : Math.min(...c.readers.map((r) => earliest[r]!))));
  const end = contents.map((c) => Math.max(c.producer >= 0 ? latest[c.producer]! : 0, ...c.readers.map((r) => latest[r]!)));
  // What comes from outside and is read once, or is never read, is there during that one step and has nothing to decide.
  const stays = contents.map(({ producer, readers }) => readers.length > (producer < 0 ? 1 : 0));

  const writer = mipWriter();
  const run = grid(writer.column);
  const fetch = grid(writer.column);
  const preserve = grid(writer.column);
  const spill = grid(writer.column);
  const retrieve = grid(writer.column);
  const address = grid(writer.column);
  for (let s = 0; s < n; s++) run.add(s, earliest[s]!, latest[s]!, 0, 1);
  contents.forEach(({ producer, copied }, a) => {
    const cost = used[a]!.size / price;
    if (stays[a]) {
      if (producer < 0) fetch.add(a, birth[a]!, end[a]!, 0, 1);
      // At position 0 nothing can have stayed or left.
      preserve.add(a, birth[a]! + 1, end[a]!, 0, 1);
      retrieve.add(a, birth[a]! + 1, end[a]!, cost, 1);
      if (!copied) spill.add(a, birth[a]! + 1, end[a]!, cost, 1);
    }
    if (addresses) address.add(a, birth[a]!, end[a]!, 0, Math.max(0, space.height - space.sizes[a]!)); // (9)
  });
  const columns: Columns = {
    run: run.at,
    born: (a, t) => {
      const { producer, readers } = contents[a]!;
      return producer >= 0 ? run.at(producer, t) : stays[a] ? fetch.at(a, t) : run.at(readers[0]!, t);
    },
    preserve: preserve.at,
    spill: spill.at,
    retrieve: retrieve.at,
    address: address.at,
  };

  addOrder(writer, frame, columns, n);
  contents.forEach((content, a) => {
    if (stays[a]) addResidency(writer, content, a, [birth[a]!, end[a]!], published, columns);
  });
  addCapacity(writer, contents, columns, n, space);
  if (addresses) {
    if (addressTerms(contents, columns, n) > most) return undefined;
    addAddresses(writer, contents, columns, n, space);
  }
  return { mip: writer.done(), frame, columns, price, unit: space.unit };
}

/** The paper knows neither copies that cost nothing nor updates in place. */
const literally = (frame: Frame): Frame => ({
  ...frame,
  contents: frame.contents.map((c) => ({ ...c, copied: false, replaces: -1 })),
});

const ANY = Number.POSITIVE_INFINITY;

/** (7) every step once; one step per position, which the paper leaves out; readers of what is overwritten come first. */
function addOrder({ row }: MipWriter, { after, earliest, latest }: Frame, { run }: Columns, n: number): void {
  const positions = Array.from({ length: n }, (_, t) => t);
  for (const s of positions) row(1, each(positions.map((t) => run(s, t))), 1);
  for (const t of positions) row(1, each(positions.map((s) => run(s, t))), 1);
  after.forEach((before, s) => {
    for (const p of before)
      for (let t = earliest[s]!; t <= latest[s]!; t++)
        row(0, [...each(positions.slice(0, t).map((k) => run(p, k))), ...each([run(s, t)], -1)], ANY);
  });
}

/** (1)-(5), (8) for one content that is resident at more than one position. */
function addResidency(
  { row }: MipWriter,
  { producer, readers, copied }: Content,
  a: number,
  [birth, end]: readonly [number, number],
  published: boolean,
  c: Columns,
): void {
  const times = Array.from({ length: end - birth + 1 }, (_, k) => birth + k);
  if (producer < 0) row(1, each(times.map((t) => c.born(a, t))), 1); // (7)
  if (!copied) row(0, each(times.map((t) => c.spill(a, t))), 1); // (8)
  for (const t of times) {
    // (1). With S in it, as published, what leaves cannot come back at once to another address.
    row(0, each([...residence(c, a, t), published ? c.spill(a, t) : -1]), 1);
    if (t > birth) {
      row(0, [...each(residence(c, a, t - 1)), ...each([c.preserve(a, t)], -1)], ANY); // (2)
      if (!copied) row(0, [...each([c.born(a, t - 1), c.preserve(a, t - 1)]), ...each([c.spill(a, t)], -1)], ANY); // (3)
      const copies = copied ? times.filter((k) => k < t).map((k) => c.born(a, k)) : times.filter((k) => k <= t).map((k) => c.spill(a, k));
      row(0, [...each(copies), ...each([c.retrieve(a, t)], -1)], ANY); // (4)
    }
    for (const reader of readers) {
      const there = [producer < 0 ? c.born(a, t) : -1, c.preserve(a, t), c.retrieve(a, t)];
      const running = c.run(reader, t);
      if (running >= 0) row(0, [...each(there), [-1, running]], ANY); // (5), and (5') for what comes from outside
    }
  }
}

/** What is resident fits. With addresses this follows from (9)-(11), and makes the relaxation less weak. */
function addCapacity({ row }: MipWriter, contents: readonly Content[], c: Columns, positions: number, { room, sizes }: Space): void {
  for (let t = 0; t < positions; t++) {
    const terms = contents.flatMap(({ replaces }, a) =>
      // What overwrites a content in place takes no room beside it.
      each(replaces >= 0 ? [c.preserve(a, t), c.retrieve(a, t)] : residence(c, a, t), sizes[a]!),
    );
    row(Number.NEGATIVE_INFINITY, terms, room);
  }
}
