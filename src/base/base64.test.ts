import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, spanFromBase64, toBase64 } from "./base64.js";

test("writes what the platform writes and reads it back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const text = toBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(fromBase64(text)).toEqual(bytes);
    }),
  );
});

test("some of the bytes are those that stand there", () => {
  const cases = fc
    .uint8Array({ minLength: 1, maxLength: 50 })
    .chain((bytes) => fc.record({ bytes: fc.constant(bytes), ends: fc.tuple(fc.nat(bytes.length), fc.nat(bytes.length)) }));
  fc.assert(
    fc.property(cases, ({ bytes, ends }) => {
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      const into = new Uint8Array(to - from + 4);
      const at = spanFromBase64(toBase64(bytes), from, to, into)!;
      expect(into.slice(at, at + to - from)).toEqual(bytes.slice(from, to));
    }),
  );
  expect(spanFromBase64("AAAAAA-A", 0, 3, new Uint8Array(6))).toBe(0);
  expect(spanFromBase64("AAAAAA-A", 3, 4, new Uint8Array(6))).toBeUndefined();
});

test("long data pass", () => {
  const bytes = Uint8Array.from({ length: 2_000_001 }, (_, k) => k * 7);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  expect(Buffer.compare(fromBase64(toBase64(bytes))!, bytes)).toBe(0);
});

test.each(["A", "AAA", "AA=A", "A===", "AA A", "AAAÿ", "AAA\u0100", "===="])("refuses %j", (text) => {
  expect(fromBase64(text)).toBeUndefined();
});
