import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.js";

test("writes what the platform writes and reads it back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const text = toBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(fromBase64(text)).toEqual(bytes);
    }),
  );
});

test("long data pass", () => {
  const bytes = Uint8Array.from({ length: 100_001 }, (_, k) => k * 7);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});

test.each(["A", "AAA", "AA=A", "A===", "AA A", "AAAÿ", "AAA\u0100", "===="])("refuses %j", (text) => {
  expect(fromBase64(text)).toBeUndefined();
});
