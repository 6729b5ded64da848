import { expect, test } from "vitest";
import { type Cause, type LedgerRow, trafficByCause } from "./replay.js";
import { bytes } from "./units.js";

const row = (cause: Cause, size: number): LedgerRow => ({
  operator: "conv",
  tensor: "x",
  link: "off-chip",
  direction: "in",
  cause,
  size: bytes(size),
});

test("the ledger summed by cause: the causes of every machine also at zero, others where there are some", () => {
  expect(trafficByCause([])).toEqual({ input: 0, weight: 0, output: 0, spill: 0, refetch: 0 });
  expect(trafficByCause([row("halo", 3), row("input", 5), row("halo", 4)])).toEqual({
    input: 5,
    weight: 0,
    output: 0,
    spill: 0,
    refetch: 0,
    halo: 7,
  });
});
