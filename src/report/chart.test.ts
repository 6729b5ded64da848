import { expect, test } from "vitest";
import { everyChart } from "../../test/browser/synthetic.js";
import { chartTable } from "./chart.js";

test("the table of a chart has every value that is drawn, under a heading each", () => {
  for (const chart of everyChart()) {
    const { columns, rows } = chartTable(chart);
    const drawn = { scatter: "points", roofline: "points", bars: "groups", brackets: "groups", histogram: "bins", heat: "values" } as const;
    expect(rows.length).toBe((chart as unknown as Record<string, readonly unknown[]>)[drawn[chart.kind]]!.length);
    for (const row of rows) for (const { key } of columns) expect(row).toHaveProperty(key);
  }
});

test("a place of a heat map is told by its row and column", () => {
  const map = {
    kind: "heat",
    title: "wear",
    unit: "",
    label: "writes",
    rows: { label: "wordline", count: 2 },
    columns: { label: "bitline", count: 3 },
    values: [0, 1, 2, 3, 4, 5],
  } as const;
  expect(chartTable(map).rows[4]).toEqual({ row: 1, column: 1, value: 4 });
  const named = { ...map, rows: { ...map.rows, names: ["first", "second"] } };
  expect(chartTable(named).rows[4]).toEqual({ row: "second", column: 1, value: 4 });
});
