import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonPieces } from "./json.js";

test("pieces come to what JSON.stringify makes", () => {
  const holed = fc.dictionary(fc.string(), fc.option(fc.jsonValue(), { nil: undefined }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), holed, fc.array(holed)), (value) => {
      expect([...jsonPieces(value)].join("")).toBe(JSON.stringify(value));
    }),
  );
});

test("long lists are told in many pieces", () => {
  const value = { plan: { sequences: Array.from({ length: 100 }, () => [Number.NaN, undefined]) } };
  const pieces = [...jsonPieces(value)];
  expect(pieces.join("")).toBe(JSON.stringify(value));
  expect(pieces.length).toBeGreaterThan(100);
});
