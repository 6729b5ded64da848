import { roomBytes } from "../culprits.js";
import { bytesText, exactBytesText, hexText, printable } from "../format.js";

import type { Data } from "./data.js";
import { h, swatch } from "./dom.js";
import { familyTable } from "./family-table.js";
import { stepLink, tensorLink } from "./inspector.js";
import type { Store } from "./state.js";
import { type Column, table } from "./table.js";

/** Where the avoidable bytes and the tight spots are. */
export function culprits(data: Data, store: Store): HTMLElement {
  const { tensors, steps, culprits: worst } = data.report;
  const room = roomBytes(data.report);
  const others = worst.tensors.some((i) => tensors[i]!.otherBytes > 0);
  const tensor = (row: number) => tensors[worst.tensors[row]!]!;
  const step = (row: number) => steps[worst.steps[row]!]!;
  return h(
    "section",
    { class: "pair" },
    h(
      "div",
      {},
      h("h2", {}, "Most bytes beyond compulsory"),
      worst.tensors.length === 0
        ? h("p", { class: "muted" }, "None: nothing is spilled and nothing is fetched again.")
        : table(
            {
              caption: "Tensors by bytes beyond the compulsory",
              rows: worst.tensors.length,
              selects: (row) => ({ kind: "tensor", id: worst.tensors[row]! }),
              columns: [
                {
                  title: "tensor",
                  value: (r) => data.tensorNames[worst.tensors[r]!]!,
                  show: (r) => named(tensor(r).kind, tensorLink(data, store, worst.tensors[r]!)),
                },
                size("size", (r) => tensor(r).sizeBytes),
                size("spilled", (r) => tensor(r).spillBytes),
                size("fetched again", (r) => tensor(r).refetchBytes),
                ...(others ? [size("otherwise", (r) => tensor(r).otherBytes)] : []),
                { title: "made by", value: (r) => tensor(r).producer, show: (r) => stepLink(data, store, tensor(r).producer) },
              ],
            },
            store,
          ),
    ),
    worst.steps.length === 0
      ? null
      : h(
          "div",
          {},
          h("h2", {}, "Tightest steps"),
          table(
            {
              caption: "Steps by the room their operands leave",
              rows: worst.steps.length,
              selects: (row) => ({ kind: "step", id: worst.steps[row]! }),
              columns: [
                { title: "step", value: (r) => worst.steps[r]!, show: (r) => stepLink(data, store, worst.steps[r]!) },
                { title: "type", value: (r) => step(r).type },
                size("operands", (r) => step(r).needBytes),
                size("leave free", (r) => room - step(r).needBytes),
              ],
            },
            store,
          ),
        ),
  );
}

/** Every number of the pictures: what the family adds, bytes moved, steps, and stays in memory. */
export function tables(data: Data, store: Store): HTMLElement {
  const { ledger, steps, lives } = data.report;
  const views = {
    ...Object.fromEntries(data.report.tables.map((own) => [printable(own.title), () => familyTable(own, data, store)])),
    "Traffic ledger": () =>
      table(
        {
          caption: "Traffic ledger",
          rows: ledger.length,
          filter: true,
          sortedBy: 4,
          selects: (r) => ({ kind: "tensor", id: ledger[r]!.tensor }),
          columns: [
            { title: "operator", value: (r) => data.stepNames[ledger[r]!.step] ?? "", show: (r) => stepLink(data, store, ledger[r]!.step) },
            {
              title: "tensor",
              value: (r) => data.tensorNames[ledger[r]!.tensor] ?? "",
              show: (r) => tensorLink(data, store, ledger[r]!.tensor),
            },
            { title: "direction", value: (r) => ledger[r]!.direction },
            { title: "cause", value: (r) => ledger[r]!.cause, show: (r) => named(ledger[r]!.cause, ledger[r]!.cause) },
            { title: "bytes", numeric: true, value: (r) => ledger[r]!.sizeBytes },
          ],
        },
        store,
      ),
    Steps: () =>
      table(
        {
          caption: "Steps",
          rows: steps.length,
          filter: true,
          selects: (r) => ({ kind: "step", id: r }),
          columns: [
            { title: "step", value: (r) => data.stepNames[r]!, show: (r) => stepLink(data, store, r) },
            { title: "type", value: (r) => steps[r]!.type },
            { title: "start cycle", numeric: true, value: (r) => steps[r]!.startCycle },
            { title: "cycles", numeric: true, value: (r) => steps[r]!.endCycle - steps[r]!.startCycle },
            { title: "waits", numeric: true, value: (r) => steps[r]!.stallCycles },
            { title: "for", value: (r) => steps[r]!.waitsFor },
            size("operands", (r) => steps[r]!.needBytes),
            size("live", (r) => steps[r]!.liveBytes),
            size("in", (r) => steps[r]!.inBytes),
            size("out", (r) => steps[r]!.outBytes),
          ],
        },
        store,
      ),
    "Stays in memory": () =>
      table(
        {
          caption: "Stays in memory",
          rows: lives.length,
          filter: true,
          selects: (r) => ({ kind: "tensor", id: lives[r]!.tensor }),
          columns: [
            {
              title: "tensor",
              value: (r) => data.tensorNames[lives[r]!.tensor] ?? "",
              show: (r) => named(lives[r]!.kind, tensorLink(data, store, lives[r]!.tensor)),
            },
            { title: "kind", value: (r) => lives[r]!.kind },
            { title: "offset", numeric: true, value: (r) => lives[r]!.offsetBytes, show: (r) => hexText(lives[r]!.offsetBytes) },
            size("size", (r) => lives[r]!.sizeBytes),
            { title: "from step", numeric: true, value: (r) => lives[r]!.startStep },
            { title: "to step", numeric: true, value: (r) => lives[r]!.endStep - 1 },
            { title: "arrives", value: (r) => lives[r]!.arrival },
            { title: "leaves", value: (r) => lives[r]!.departure },
          ],
        },
        store,
      ),
  };
  return tabs(views);
}

/** One of several tables at a time; each is built when first asked for. */
function tabs(views: Readonly<Record<string, () => HTMLElement>>): HTMLElement {
  const panels = Object.entries(views).map(([title, build], i) => ({
    title,
    build,
    panel: h("div", { role: "tabpanel", id: `panel-${i}`, "aria-labelledby": `tab-${i}`, hidden: i > 0 }),
  }));
  const buttons = panels.map(({ title, panel }, i) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${i}`,
        "aria-controls": panel.id,
        onclick: () => choose(i),
        onkeydown: (event: KeyboardEvent) => walk(event, i),
      },
      title,
    ),
  );
  function choose(chosen: number): void {
    panels.forEach(({ panel, build }, i) => {
      panel.hidden = i !== chosen;
      if (i === chosen && panel.childElementCount === 0) panel.append(build());
      buttons[i]!.setAttribute("aria-selected", String(i === chosen));
      buttons[i]!.tabIndex = i === chosen ? 0 : -1;
    });
  }
  function walk(event: KeyboardEvent, from: number): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    const to = (from + by + panels.length) % panels.length;
    choose(to);
    buttons[to]!.focus();
  }
  choose(0);
  return h("section", { class: "tabs" }, h("div", { role: "tablist", "aria-label": "Tables" }, ...buttons), ...panels.map((p) => p.panel));
}

const size = (title: string, value: (row: number) => number): Column => ({
  title,
  numeric: true,
  value,
  show: (row) => h("span", { title: exactBytesText(value(row)) }, bytesText(value(row))),
});

const named = (colour: string, content: Node | string): HTMLElement => h("span", { class: "named" }, swatch(colour), content);
