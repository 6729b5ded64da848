import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cycleRate,
  duration,
  elementRate,
  energy,
  energyPerByte,
  energyPerCycle,
  energyPerMac,
  frequency,
  type Measure,
  macRate,
  parseDuration,
  parseQuantity,
  parseSize,
  quantityPattern,
  rate,
  size,
} from "./units.js";

const measures: readonly Measure<number>[] = [
  size,
  rate,
  frequency,
  duration,
  energyPerByte,
  energyPerMac,
  energyPerCycle,
  energy,
  cycleRate,
  macRate,
  elementRate,
];

function check(measure: Measure<number>, text: unknown, expected: number | string) {
  const result = parseQuantity(measure, text, "here");
  if (typeof expected === "number") expect(result.ok ? result.value : result.errors, String(text)).toBe(expected);
  else expect(result.ok ? result.value : result.errors[0].code, String(text)).toBe(expected);
}

test("binary prefixes are powers of 1024, decimal ones of 1000, b is a bit", () => {
  check(size, "512KiB", 524288);
  check(size, "512KB", 512000);
  check(size, "1.5MiB", 1572864);
  check(size, "8Kib", 1024); // 8192 bits
  check(size, " 0B ", 0);
  check(rate, "19.2GB/s", 19.2e9);
  check(rate, "153.6Gb/s", 19.2e9);
  check(frequency, "200MHz", 2e8);
  check(energyPerByte, "8pJ/bit", 64);
  check(energyPerByte, "0.5nJ/B", 500);
  check(energyPerByte, "700fJ/byte", 0.7);
  check(energyPerMac, "0.3pJ/MAC", 0.3);
  check(energyPerCycle, "0.31nJ/cycle", 310);
  check(energy, "12pJ", 12);
  check(cycleRate, "128b/cycle", 16);
  check(macRate, "256MAC/cycle", 256);
  check(elementRate, "16 elements/cycle", 16);
  check(duration, "10s", 10);
  check(duration, "250ms", 0.25);
  check(duration, "1.5min", 90);
});

test("the arithmetic is exact where doubles are not", () => {
  // 0.1 * 1024 * 1024 * 10 in doubles is 1048576.0000000001; 4.35 * 100 is 434.99999999999994.
  check(size, "4.35KB", 4350);
  check(size, "1e-1KB", 100);
  check(size, "9007199254740991B", Number.MAX_SAFE_INTEGER);
  check(rate, "0.3GB/s", 3e8);
});

test("a number without a unit, or with another quantity's unit, is refused with the units allowed", () => {
  for (const text of [
    512,
    "512",
    "KiB",
    "",
    "twelve",
    "1,5KiB",
    "0x10B",
    "512 kib",
    "5GHz",
    null,
    undefined,
    true,
    [],
    {},
    "NaNB",
    "InfinityB",
  ]) {
    const result = parseQuantity(size, text, "memory.size");
    expect(result.ok ? result.value : result.errors[0].code, String(text)).toBe("TGT-7");
    if (!result.ok) expect(result.errors[0].fix).toContain("KiB");
  }
});

test("a size is whole, not negative and countable", () => {
  check(size, "1b", "TGT-8");
  check(size, "0.3B", "TGT-8");
  check(size, "-1KiB", "TGT-8");
  check(size, "9007199254740992B", "TGT-8");
  check(size, "1e30TiB", "TGT-8");
  check(size, `${"9".repeat(100)}B`, "TGT-8");
  check(size, "1e999B", "TGT-8");
});

test("a misspelt unit names the nearest right one", () => {
  const result = parseSize("512KIB", "--capacity");
  expect(result.ok ? "" : result.errors[0].fix).toContain("did you mean KiB?");
  expect(result.ok ? "" : result.errors[0].where).toBe("--capacity");
  const time = parseDuration("10sec", "--time");
  expect(time.ok ? "" : time.errors[0].message).toBe('"10sec": "sec" is not a unit of time');
});

test("whatever is written, the parser answers, and accepts what the JSON Schema pattern admits", () => {
  const unit = fc.constantFrom(...measures.flatMap((measure) => [...measure.units.keys()]), "", "x");
  const written = fc.tuple(fc.constantFrom("", "+", "-", " "), fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e6 }), unit);
  fc.assert(
    fc.property(
      fc.constantFrom(...measures),
      fc.oneof(
        fc.string(),
        written.map((parts) => parts.join("")),
        fc.anything(),
      ),
      (measure, text) => {
        const result = parseQuantity(measure, text, "");
        const admitted = typeof text === "string" && new RegExp(quantityPattern(measure), "u").test(text);
        if (result.ok) expect(admitted).toBe(true);
        // The pattern cannot tell that a size is not whole, too large or too long.
        else if (admitted) expect(result.errors[0].code).toBe("TGT-8");
      },
    ),
    { numRuns: 2000 },
  );
});

test("scaling the prefix scales the value by 1000 or 1024", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4095 }), (n) => {
      check(size, `${n}MiB`, n * 1024 ** 2);
      check(size, `${n}MB`, n * 1000 ** 2);
      check(rate, `${8 * n}Mb/s`, n * 1e6);
    }),
  );
});
