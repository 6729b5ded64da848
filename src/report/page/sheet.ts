/** The page of a sheet: a report that is not about one plan. */
import { printable } from "../format.js";
import { exactText, quantityText } from "../quantity.js";
import type { Sheet, SheetFigure } from "../sheet.js";
import { charts } from "./charts.js";
import { h } from "./dom.js";
import { familyTable } from "./family-table.js";
import { bar } from "./header.js";
import { facts } from "./hover.js";
import { createStore } from "./state.js";

const sheet = JSON.parse(document.getElementById("report")?.textContent ?? "") as Sheet;
// Its tables refer to no steps, and nothing is to be selected.
const store = createStore(() => ({ x0: 0, x1: 1, y0: 0, y1: 1 }), "steps", { tensor: 0, step: 0, memory: 0 });
const names = { stepNames: [] };

document
  .getElementById("page")
  ?.append(
    h(
      "header",
      { class: "top" },
      bar(store.restyle),
      h("h1", {}, h("bdi", {}, printable(sheet.title))),
      h("p", { class: "sub" }, printable(sheet.subtitle)),
      h("p", { class: "lead" }, printable(sheet.lead)),
      h("dl", { class: "figures" }, ...sheet.figures.map(card)),
    ),
    ...charts(sheet.charts, names, store),
    ...sheet.tables.map((own) => h("section", { class: "sheet-table" }, h("h2", {}, printable(own.title)), familyTable(own, names, store))),
    h("section", { class: "about" }, ...about(sheet)),
    h("footer", { class: "muted" }, "Made by Stowage. This file is complete: it asks for nothing from the network."),
  );

function card({ label, value, unit, note }: SheetFigure): HTMLElement {
  return h(
    "div",
    { class: "figure" },
    h("dt", {}, printable(label)),
    h("dd", {}, h("span", { class: "big" }, quantityText(value, unit)), h("span", { class: "exact" }, exactText(value, unit))),
    h("dd", { class: "note" }, printable(note)),
  );
}

function about({ assumptions, warnings, provenance }: Sheet): readonly HTMLElement[] {
  return [
    h("div", {}, h("h2", {}, "Assumptions"), h("ul", { class: "bullets" }, ...assumptions.map((a) => h("li", {}, printable(a))))),
    h(
      "div",
      {},
      h("h2", {}, warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`),
      warnings.length === 0
        ? h("p", { class: "muted" }, "None.")
        : h(
            "ul",
            { class: "plain" },
            ...warnings.map(({ code, where, message }) =>
              h("li", {}, h("b", {}, code), ` ${printable(message)}`, h("br"), h("bdi", { class: "muted" }, printable(where))),
            ),
          ),
    ),
    h("div", {}, h("h2", {}, "Provenance"), facts(provenance.map(([name, value]) => [printable(name), h("code", {}, printable(value))]))),
  ];
}
