import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeTable } from "./integers.js";
import { entriesFor, entryBytes, hasEntries, readEntries } from "./replay-tables.js";

/** A table of some bundles, and which of its entries are asked for. */
const cases = fc
  .record({
    inputs: fc.constantFrom(1, 300, 32_768, 65_534, 65_535, 100_000),
    entries: fc.integer({ min: 1, max: 20 }),
    bundles: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ inputs, entries, bundles }) =>
    fc.record({
      inputs: fc.constant(inputs),
      entries: fc.constant(entries),
      table: fc.array(fc.integer({ min: -1, max: inputs - 1 }), { minLength: bundles * entries, maxLength: bundles * entries }),
      ends: fc.tuple(fc.nat(entries), fc.nat(entries)),
      bundle: fc.nat(bundles - 1),
    }),
  );

test("any of the entries that a solver wrote are read as they were, and little beside them is touched", () => {
  fc.assert(
    fc.property(cases, ({ inputs, entries, table, ends, bundle }) => {
      const texts = encodeTable(Int32Array.from(table), inputs, entries);
      expect(texts.length).toBe(table.length / entries);
      const size = entryBytes({ inputs });
      expect(hasEntries(texts[bundle]!, entries, size)).toBe(true);
      expect(hasEntries(texts[bundle]!, entries + 1, size)).toBe(false);
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      const into = entriesFor(entries + 4);
      into.inputs.fill(7);
      expect(readEntries(texts[bundle]!, size, from, to - from, into, 4)).toBe(true);
      const mine = table.slice(bundle * entries + from, bundle * entries + to);
      expect([...into.inputs.subarray(4, 4 + mine.length)]).toEqual(mine);
      const beside = [...into.inputs.subarray(0, 2), ...into.inputs.subarray(6 + mine.length)];
      expect(beside).toEqual(beside.map(() => 7));
    }),
  );
});

test("what is no base64 is refused", () => {
  const [text] = encodeTable(
    Int32Array.from({ length: 12 }, (_, k) => k),
    12,
    12,
  );
  const read = (wrong: string) => hasEntries(wrong, 12, 2) && readEntries(wrong, 2, 0, 12, entriesFor(12), 2);
  expect(read(text!)).toBe(true);
  for (let k = 0; k < text!.length; k++)
    for (const letter of ["!", "=", "é", "€"]) expect(read(text!.slice(0, k) + letter + text!.slice(k + 1))).toBe(false);
});
