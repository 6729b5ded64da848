import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonPieces } from "./json.js";

test("pieces of any length come to what JSON.stringify makes", () => {
  const holed = fc.dictionary(fc.string(), fc.option(fc.jsonValue(), { nil: undefined }));
  const text = fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "é", "😀", "\ud83d", "\ude00"), maxLength: 30 });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), holed, fc.array(holed), text, fc.array(text)), fc.nat(60), (value, piece) => {
      expect([...jsonPieces(value, piece)].join("")).toBe(JSON.stringify(value));
    }),
  );
});

test("long lists and long strings are told in many pieces, none of which is long", () => {
  const value = {
    plan: { sequences: Array.from({ length: 100 }, () => [Number.NaN, undefined, "x".repeat(1000)]), weights: "y".repeat(50_000) },
  };
  const pieces = [...jsonPieces(value, 5000)];
  expect(pieces.join("")).toBe(JSON.stringify(value));
  expect(pieces.length).toBeGreaterThan(100);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(10_000);
});
