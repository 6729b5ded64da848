import { bytesText, percentText, printable, secondsText } from "../format.js";
import { exactText } from "../quantity.js";
import type { Report } from "../report.js";
import { h } from "./dom.js";
import { facts } from "./hover.js";

/** What a reader must know before trusting the figures, and how to make them again. */
export function about({ coverage, warnings, assumptions, objective, seconds, manifest, figures }: Report): HTMLElement {
  return h(
    "section",
    { class: "about" },
    h(
      "div",
      {},
      h("h2", {}, "Coverage"),
      facts([
        ["MACs modelled", percentText(coverage.macs)],
        ["activation bytes known", percentText(coverage.activationBytes)],
      ]),
      coverage.notModelled.length === 0
        ? h("p", { class: "muted" }, "Every operator is modelled.")
        : h(
            "ul",
            { class: "plain" },
            ...coverage.notModelled.map((n) =>
              h("li", {}, h("b", {}, printable(n.type)), " ", h("bdi", {}, printable(n.operator)), `: ${printable(n.reason)}`),
            ),
          ),
      h("h2", {}, warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`),
      warnings.length === 0
        ? h("p", { class: "muted" }, "None.")
        : h(
            "ul",
            { class: "plain" },
            ...warnings.map((w) =>
              h(
                "li",
                {},
                h("b", {}, w.code),
                ` ${printable(w.message)}`,
                h("br"),
                h("span", { class: "muted" }, h("bdi", {}, printable(w.where)), `: ${printable(w.fix)}`),
              ),
            ),
          ),
    ),
    h(
      "div",
      {},
      h("h2", {}, "What is proven"),
      h("p", {}, `${objective.label}, ${objective.scope}: ${printable(objective.proof)}.`),
      objective.orderBound === undefined || objective.orderBound <= objective.bound
        ? null
        : h("p", {}, `In this order of steps alone, at least ${exactText(objective.orderBound, objective.unit)} are unavoidable.`),
      objective.fragmentationBytes === undefined
        ? null
        : h("p", {}, `Fragmentation: ${bytesText(objective.fragmentationBytes)} of it only because no better addresses were found.`),
      h("h2", {}, "Assumptions"),
      h("ul", { class: "bullets" }, ...assumptions.map((a) => h("li", {}, printable(a)))),
      h("h2", {}, "Where the figures are from"),
      h("ul", { class: "bullets" }, ...figures.map((f) => h("li", {}, `${f.label}: ${f.source}.`))),
    ),
    h(
      "div",
      {},
      h("h2", {}, "Provenance"),
      facts([
        ["stowage", manifest.stowage],
        ["model", h("code", {}, manifest.model)],
        ["target", h("code", {}, manifest.target)],
        ["seed", String(manifest.seed)],
        ...Object.entries(manifest.budget).map(([name, value]) => [`budget, ${name}`, printable(String(value))] as const),
        ...Object.entries(seconds).map(([phase, s]) => [`time, ${phase}`, secondsText(s)] as const),
      ]),
    ),
  );
}
