import { expect, test } from "vitest";
import { clockedText, exactText, quantityText, tickText } from "./quantity.js";

test("a quantity is short for people and exact where it is asked", () => {
  expect(quantityText(1536, "B")).toBe("1.5 KiB");
  expect(exactText(1536, "B")).toBe("1,536 B");
  expect(quantityText(84e9, "MAC/s")).toBe("84 GMAC/s");
  expect(quantityText(0.5, "MAC/B")).toBe("0.5 MAC/B");
  expect(quantityText(246.3, "frame/s")).toBe("246 frames/s");
  expect(quantityText(0.125, "share")).toBe("12.5 %");
  expect(quantityText(1234567, "")).toBe("1,234,567");
});

test("cycles are told as time where there is a clock", () => {
  expect(clockedText(2_000_000, "cycle", 1e9)).toBe("2 ms");
  expect(clockedText(2_000_000, "cycle", 0)).toBe("2,000,000 cycles");
  expect(clockedText(2048, "B", 1e9)).toBe("2 KiB");
  expect(tickText(2_000_000, "cycle")).toBe("2 M");
});
