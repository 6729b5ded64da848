import { printable } from "../format.js";
import { exactText, quantityText } from "../quantity.js";
import { isNumeric, type Table, type Column as TableColumn } from "../table.js";
import type { Names } from "./data.js";
import { h } from "./dom.js";
import { stepLink } from "./inspector.js";
import type { Store } from "./state.js";
import { type Column, table } from "./table.js";

/** A table of the family, to be sorted and filtered. A row selects the step it names, if it names one. */
export function familyTable(own: Table, data: Names, store: Store): HTMLElement {
  const named = own.columns.find(({ refers }) => refers === "step");
  return table(
    {
      caption: printable(own.title),
      rows: own.rows.length,
      filter: own.rows.length > 12,
      selects: (row) => {
        const id = named === undefined ? -1 : Number(own.rows[row]![named.key]);
        return id >= 0 && id < data.stepNames.length ? { kind: "step", id } : undefined;
      },
      columns: own.columns.map((column) => shown(own, column, data, store)),
    },
    store,
  );
}

function shown(own: Table, column: TableColumn, data: Names, store: Store): Column {
  const value = (row: number): string | number => own.rows[row]![column.key] ?? "";
  const title = printable(column.label);
  if (column.refers === "step")
    return { title, value: (row) => data.stepNames[Number(value(row))] ?? "", show: (row) => stepLink(data, store, Number(value(row))) };
  return {
    title,
    numeric: isNumeric(own, column),
    value,
    show: (row) => {
      const cell = value(row);
      if (typeof cell === "string") return h("bdi", {}, printable(cell));
      const { unit = "" } = column;
      return h("span", { title: exactText(cell, unit) }, quantityText(cell, unit));
    },
  };
}
