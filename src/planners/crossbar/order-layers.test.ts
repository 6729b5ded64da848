import fc from "fast-check";
import { expect, test } from "vitest";
import { smallLayer, smallMachine } from "../../../test/small-crossbar.js";
import { rng } from "../../base/rng.js";
import { ENCODINGS } from "../../target/crossbar-target.js";
import { account, benchOf, type Visit } from "./account.js";
import { laidOut, matrixOf, type Placed, withTable } from "./images.js";
import { inTurn, type Reordered, reordered } from "./order-layers.js";

const machine = smallMachine();
const budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => undefined };

/** A layer whose inputs lie anywhere on the lines of its rounds. */
const placed = fc
  .record({
    seed: fc.nat(1000),
    inputs: fc.integer({ min: 2, max: 20 }),
    outputs: fc.integer({ min: 1, max: 7 }),
    encoding: fc.constantFrom(...ENCODINGS),
    layout: fc.constantFrom("outputs" as const, "planes" as const),
    sharing: fc.integer({ min: 1, max: 3 }),
    rounds: fc.integer({ min: 1, max: 4 }),
    spread: fc.integer({ min: 1, max: 3 }),
    idle: fc.boolean(),
  })
  .map(({ seed, inputs, outputs, idle, ...mapping }): Placed | undefined => {
    const matrix = matrixOf(smallLayer(seed, { inputs, outputs, bits: 3 }));
    const sharing = Math.min(mapping.sharing, outputs, mapping.encoding === "magnitude" ? 1 : 3);
    const p = laidOut(matrix, { ...mapping, sharing, top: 0 }, machine);
    const { bundles, lines, across } = p.geometry;
    const places = mapping.rounds * lines;
    if (across === 0 || places < inputs) return undefined;
    const random = rng(seed);
    const table = new Int32Array(bundles * places).fill(-1);
    for (let b = 0; b < bundles; b++) {
      const free = Array.from({ length: places }, (_, k) => k);
      // In their own order, the last idle; or anywhere.
      for (let k = 0; k < inputs; k++) table[b * places + (idle ? free.splice(Math.floor(random() * free.length), 1)[0]! : k)] = k;
    }
    return withTable(p, table);
  })
  .filter((p) => p !== undefined);

/** Cells that the loads of the layer write in one inference, forth and back. */
function written(p: Placed, turns: readonly Int32Array[]): number {
  let writes = 0;
  for (const mine of turns)
    for (let part = 0; part < p.spread; part++) {
      const visits = [...mine].flatMap((strip, turn) =>
        Array.from({ length: p.rounds }, (_, t): Visit => ({ layer: 0, strip, part, round: turn % 2 === 0 ? t : p.rounds - 1 - t })),
      );
      account([...visits, ...visits.toReversed()], [p], machine, benchOf(machine), ({ writing }) => {
        writes += writing.writes;
      });
    }
  return writes / 2;
}

/** Of each bundle and round the inputs, sorted, and the lines that idle. */
function outline({ table, geometry, rounds }: Placed) {
  const { bundles, lines } = geometry;
  return Array.from({ length: bundles }, (_, b) => {
    const mine = [...table.subarray(b * rounds * lines, (b + 1) * rounds * lines)];
    return { inputs: mine.toSorted((x, y) => x - y), idle: mine.map((k) => k < 0) };
  });
}

const check = (p: Placed, lanes: number, nodes: number): Reordered => {
  const found = reordered([p], [lanes], { ...budget, nodes }, undefined);
  const [layer, turns, { value, before, bound }] = [found.layers[0]!, found.turns[0]!, found.counts[0]!];
  expect(outline(layer)).toEqual(outline(p));
  expect([...turns.flatMap((mine) => [...mine])].sort((a, b) => a - b)).toEqual(Array.from({ length: p.geometry.strips }, (_, s) => s));
  turns.forEach((mine, lane) => {
    expect([...mine].every((strip) => strip % lanes === lane)).toBe(true);
  });
  expect(before).toBe(written(p, inTurn(p.geometry.strips, lanes)));
  expect(value).toBe(written(layer, turns));
  expect(value).toBeLessThanOrEqual(before);
  expect(bound).toBeLessThanOrEqual(value);
  return found;
};

test("every bundle keeps its inputs and its idle lines, and what is counted is what is written", () => {
  let better = 0;
  fc.assert(
    fc.property(placed, fc.integer({ min: 1, max: 3 }), (p, lanes) => {
      const { value, before } = check(p, Math.min(lanes, p.geometry.strips), 1e6).counts[0]!;
      if (value < before) better++;
    }),
    { numRuns: 200 },
  );
  expect(better).toBeGreaterThan(20);
});

test("without nodes nothing changes, and everything is counted", () => {
  fc.assert(
    fc.property(placed, (p) => {
      const { layers, counts } = check(p, 1, 0);
      expect(layers[0]).toBe(p);
      expect(counts[0]!.value).toBe(counts[0]!.before);
    }),
    { numRuns: 30 },
  );
});
