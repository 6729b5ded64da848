import { bytesText, printable } from "../format.js";
import { about } from "./about.js";
import { charts } from "./charts.js";
import { read } from "./data.js";
import { h } from "./dom.js";
import { header } from "./header.js";
import { inspector } from "./inspector.js";
import { fullWindow, legend, stage } from "./stage.js";
import { type Axis, createStore, type Store } from "./state.js";
import { culprits, tables } from "./tables.js";

const data = read();
const { tensors, steps, memories, resources } = data.report;
// Where steps run one after another they are what a reader counts in; where they run side by side, time is.
const parallel = resources.filter(({ role }) => role === "engine").length > 1;
const store = createStore((memory, axis) => fullWindow(data, memory, axis), parallel ? "cycles" : "steps", {
  tensor: tensors.length,
  step: steps.length,
  memory: memories.length,
});
const planTitle = memories.length === 0 ? "Timeline" : "Memory map and timeline";

document
  .getElementById("page")
  ?.append(
    header(data.report, store.restyle),
    ...charts(data.report.charts, data, store),
    h(
      "section",
      { class: "plan", "aria-label": planTitle },
      h(
        "div",
        { class: "plan-head" },
        h("h2", {}, planTitle),
        h("span", { class: "spring" }),
        memoryChoice(store),
        axisToggle(store),
        fitButton(store),
      ),
      h("div", { class: "plan-body" }, h("div", { class: "plan-stage" }, stage(data, store), legend(data), keys()), inspector(data, store)),
    ),
    culprits(data, store),
    tables(data, store),
    about(data.report),
    h("footer", { class: "muted" }, "Made by Stowage. This file is complete: it asks for nothing from the network."),
  );

for (const media of ["(prefers-color-scheme: dark)", "print"]) matchMedia(media).addEventListener("change", store.restyle);
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement) return;
  if (event.key === "Escape") store.select(undefined);
  if (event.key !== "/" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  document.querySelector<HTMLInputElement>("[role=tabpanel]:not([hidden]) .filter")?.focus();
});

/** Steps give every operator the same width; cycles show how long it takes. */
function axisToggle(store: Store): HTMLElement {
  const choices: readonly { axis: Axis; words: string }[] = [
    { axis: "steps", words: "Steps" },
    { axis: "cycles", words: "Cycles" },
  ];
  const buttons = choices.map(({ axis, words }) =>
    h("button", { type: "button", class: "axis-choice", onclick: () => store.setAxis(axis) }, words),
  );
  const press = (): void => {
    choices.forEach(({ axis }, i) => {
      buttons[i]!.setAttribute("aria-pressed", String(store.state.axis === axis));
    });
  };
  store.on((change) => {
    if (change === "axis") press();
  });
  press();
  return h("div", { class: "toggle", role: "group", "aria-label": "Horizontal axis" }, ...buttons);
}

/** Which memory is drawn, where there are several. */
function memoryChoice(store: Store): HTMLElement | null {
  if (memories.length < 2) return null;
  const choice = h(
    "select",
    { class: "quiet", "aria-label": "Memory", onchange: () => store.setMemory(choice.selectedIndex) },
    ...memories.map(({ name, capacityBytes }) => h("option", {}, `${printable(name)} · ${bytesText(capacityBytes)}`)),
  );
  const show = (): void => {
    choice.selectedIndex = store.state.memory;
  };
  store.on((change) => {
    if (change === "memory") show();
  });
  show();
  return choice;
}

function fitButton(store: Store): HTMLElement {
  return h(
    "button",
    { type: "button", class: "quiet", onclick: () => store.setWindow(fullWindow(data, store.state.memory, store.state.axis)) },
    "Show all",
  );
}

function keys(): HTMLElement {
  const key = (name: string, does: string) => [h("kbd", {}, name), ` ${does} `];
  return h(
    "p",
    { class: "keys" },
    "Click the map, then ",
    ...key("wheel", "zooms time,"),
    ...key("shift wheel", "addresses,"),
    ...key("drag", "moves;"),
    ...key("W", ""),
    ...key("A", ""),
    ...key("S", ""),
    ...key("D", "likewise,"),
    ...key("F", "shows all,"),
    ...key("← →", "walks the steps,"),
    ...key("/", "filters."),
  );
}
