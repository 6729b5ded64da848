import fc from "fast-check";
import { expect, test } from "vitest";
import { fromColumns, toColumns } from "./columns.js";

test("rows come back from columns as they went in, whatever they hold", () => {
  const rows = fc.array(fc.record({ name: fc.string({ unit: "binary" }), size: fc.integer(), __proto__x: fc.constantFrom("in", "out") }));
  fc.assert(
    fc.property(rows, (given) => {
      const packed = JSON.parse(JSON.stringify(toColumns(given, ["name", "size", "__proto__x"])));
      expect(fromColumns(packed)).toEqual(given);
    }),
    { seed: 1 },
  );
});
