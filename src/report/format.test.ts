import { expect, test } from "vitest";
import { bytesText, compact, energyText, exactBytesText, grouped, hexText, percentText, printable, secondsText } from "./format.js";

test("sizes show three digits, and fewer where they are exact", () => {
  expect([0, 1, 1023, 1024, 1536, 3575808, 512 * 1024 ** 2].map(bytesText)).toEqual([
    "0 B",
    "1 B",
    "1,023 B",
    "1 KiB",
    "1.5 KiB",
    "3.41 MiB",
    "512 MiB",
  ]);
  expect(exactBytesText(3575808)).toBe("3,575,808 B");
});

test("numbers are grouped by thousands, and axes are short", () => {
  expect([0, 999, 1000, 1234567, 1234.5].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567", "1,234.50"]);
  expect([950, 1500, 2_000_000].map(compact)).toEqual(["950", "1.5 k", "2 M"]);
  expect(hexText(4096)).toBe("0x1000");
});

test("times and energies choose their own prefix", () => {
  expect([0, 1.5, 0.0042, 3e-7].map(secondsText)).toEqual(["0 s", "1.5 s", "4.2 ms", "300 ns"]);
  expect([0, 12, 8.91e9].map(energyText)).toEqual(["0 J", "12 pJ", "8.91 mJ"]);
});

test("only true zero and true one print as 0 and 100 %", () => {
  expect([0, 1e-6, 0.038, 0.99999, 1].map(percentText)).toEqual(["0 %", "< 0.1 %", "3.8 %", "> 99.9 %", "100 %"]);
});

test("characters that act are written out, all others stay", () => {
  expect(printable("a\u0000b\u001b[31mc\u202ed\u200be\u2028f")).toBe("a\\u{0}b\\u{1b}[31mc\\u{202e}d\\u{200b}e\\u{2028}f");
  expect(printable("/layer.1/Conv<é漢🚢>")).toBe("/layer.1/Conv<é漢🚢>");
  expect(printable("\ud800x")).toBe("\\u{d800}x");
});
