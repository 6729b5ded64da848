import { grouped } from "../format.js";
import { fill, h } from "./dom.js";
import type { Selection, Store } from "./state.js";

export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
  /** What the column sorts by and the filter searches. */
  readonly value: (row: number) => string | number;
  /** What stands in the cell; the value without it. */
  readonly show?: (row: number) => Node | string;
}

export interface TableOptions {
  readonly caption: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  /** What choosing a row selects. */
  readonly selects: (row: number) => Selection;
  /** Column to sort by at first, greatest first. */
  readonly sortedBy?: number;
  readonly filter?: boolean;
}

const CHUNK = 200;

/** A table that sorts by a click on a heading, filters by words, follows the selection, and adds rows as one scrolls. */
export function table(options: TableOptions, store: Store): HTMLElement {
  const { columns, caption, selects } = options;
  let sort = { column: options.sortedBy, descending: options.sortedBy !== undefined };
  let words: readonly string[] = [];
  let order: number[] = [];
  let shown = 0;

  const headings = columns.map((column, c) =>
    h(
      "th",
      { scope: "col", class: column.numeric ? "number" : "" },
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            sort = { column: c, descending: sort.column === c ? !sort.descending : column.numeric === true };
            refresh();
          },
        },
        column.title,
      ),
    ),
  );
  const body = h("tbody");
  const count = h("span", { class: "muted count", role: "status" });
  const scroller = h(
    "div",
    { class: "scroller", tabindex: 0, role: "region", "aria-label": caption, onscroll: more },
    h("table", {}, h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, ...headings)), body),
  );
  const search = h("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": `Filter ${caption}`,
    class: "filter",
    oninput: () => {
      words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      refresh();
    },
  });

  function refresh(): void {
    order = Array.from({ length: options.rows }, (_, row) => row);
    if (words.length > 0) {
      order = order.filter((row) => {
        const text = columns.map((c) => String(c.value(row)).toLowerCase()).join("\n");
        return words.every((word) => text.includes(word));
      });
    }
    const key = sort.column === undefined ? undefined : columns[sort.column]?.value;
    if (key) {
      const sign = sort.descending ? -1 : 1;
      order.sort((a, b) => sign * compare(key(a), key(b)) || a - b);
    }
    headings.forEach((heading, c) => {
      heading.setAttribute("aria-sort", sort.column !== c ? "none" : sort.descending ? "descending" : "ascending");
    });
    fill(count, [
      order.length === options.rows ? `${grouped(options.rows)} rows` : `${grouped(order.length)} of ${grouped(options.rows)} rows`,
    ]);
    fill(body, []);
    shown = 0;
    append();
  }

  function append(): void {
    const { selection } = store.state;
    for (const row of order.slice(shown, shown + CHUNK)) {
      const own = selects(row);
      body.append(
        h(
          "tr",
          { "data-row": row, class: matches(own, selection) ? "selected" : "", onclick: (event: MouseEvent) => choose(event, own) },
          ...columns.map(({ numeric, show, value }) => {
            const shownValue = show ? show(row) : value(row);
            return h("td", { class: numeric ? "number" : "" }, typeof shownValue === "number" ? grouped(shownValue) : shownValue);
          }),
        ),
      );
    }
    shown = Math.min(order.length, shown + CHUNK);
  }

  function more(): void {
    if (shown < order.length && scroller.scrollTop + scroller.clientHeight > scroller.scrollHeight - 400) append();
  }

  // A click on a link within the row means the link.
  function choose(event: MouseEvent, own: Selection): void {
    if (event.target instanceof Element && event.target.closest("button")) return;
    store.select(own);
  }

  store.on((change) => {
    if (change !== "selection") return;
    for (const row of body.rows) row.classList.toggle("selected", matches(selects(Number(row.dataset.row)), store.state.selection));
  });
  refresh();
  return h("div", { class: "table" }, options.filter ? h("div", { class: "table-tools" }, search, count) : null, scroller);
}

const matches = (own: Selection, selection: Selection): boolean =>
  own !== undefined && own.kind === selection?.kind && own.id === selection.id;

const compare = (a: string | number, b: string | number): number =>
  typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
