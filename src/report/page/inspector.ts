import { bytesText, exactBytesText, grouped, hexText, printable } from "../format.js";
import type { Data, Names } from "./data.js";
import { fill, h, swatch } from "./dom.js";
import { arrivalText, departureText, facts, stepsText } from "./hover.js";
import type { Store } from "./state.js";

/** What is selected, in words; with nothing selected, what fills the memory at its peak. */
export function inspector(data: Data, store: Store): HTMLElement {
  const box = h("aside", { class: "inspector", "aria-live": "polite", "aria-label": "Details of the selection" });
  const show = (): void => {
    const { selection } = store.state;
    fill(
      box,
      selection === undefined
        ? peak(data, store)
        : selection.kind === "tensor"
          ? tensor(data, store, selection.id)
          : step(data, store, selection.id),
    );
  };
  store.on((change) => {
    if (change === "selection" || (change === "memory" && store.state.selection === undefined)) show();
  });
  show();
  return box;
}

const head = (eyebrow: string, name: string, store: Store): HTMLElement =>
  h(
    "div",
    { class: "inspector-head" },
    h("p", { class: "eyebrow" }, eyebrow),
    h("h3", {}, h("bdi", {}, name)),
    h("button", { type: "button", class: "quiet close", "aria-label": "Clear the selection", onclick: () => store.select(undefined) }, "×"),
  );

export const tensorLink = (data: Data, store: Store, id: number): HTMLElement =>
  id < 0
    ? h("span", { class: "muted" }, "none")
    : h(
        "button",
        { type: "button", class: "link", onclick: () => store.select({ kind: "tensor", id }) },
        h("bdi", {}, data.tensorNames[id] ?? ""),
      );

export const stepLink = (data: Names, store: Store, id: number): HTMLElement =>
  id < 0 || id >= data.stepNames.length
    ? h("span", { class: "muted" }, "outside")
    : h(
        "button",
        { type: "button", class: "link", onclick: () => store.select({ kind: "step", id }) },
        h("span", { class: "index" }, String(id)),
        h("bdi", {}, data.stepNames[id] ?? ""),
      );

function peak(data: Data, store: Store): HTMLElement[] {
  const { memories, lives } = data.report;
  const memory = memories[store.state.memory];
  if (memory === undefined) return [h("p", { class: "hint" }, "Select a slice or a row to see it everywhere.")];
  const { name, peakBytes, capacityBytes, peakStep, liveAtPeak, liveAtPeakBytes } = memory;
  const rows = liveAtPeak.slice(0, 12).map((i) => ({ life: lives[i]!, size: lives[i]!.sizeBytes }));
  const rest = liveAtPeak.slice(12).reduce((sum, i) => sum + lives[i]!.sizeBytes, 0);
  return [
    h(
      "div",
      { class: "inspector-head" },
      h("p", { class: "eyebrow" }, memories.length > 1 ? `${printable(name)} at its peak` : "At the peak"),
      h("h3", {}, `${bytesText(peakBytes)} of ${bytesText(capacityBytes)}`),
    ),
    h("p", { class: "muted" }, "Step ", stepLink(data, store, peakStep)),
    h(
      "ol",
      { class: "stack" },
      ...rows.map(({ life, size }) =>
        h(
          "li",
          {},
          swatch(life.kind),
          tensorLink(data, store, life.tensor),
          h("span", { class: "number" }, bytesText(size)),
          bar(size / peakBytes, life.kind),
        ),
      ),
      rest > 0
        ? h("li", {}, h("span", { class: "muted" }, `${liveAtPeak.length - 12} more`), h("span", { class: "number" }, bytesText(rest)))
        : null,
      peakBytes > liveAtPeakBytes
        ? h(
            "li",
            {},
            swatch("free"),
            h("span", { class: "muted" }, "free or reserved below the peak"),
            h("span", { class: "number" }, bytesText(peakBytes - liveAtPeakBytes)),
            bar((peakBytes - liveAtPeakBytes) / peakBytes, "free"),
          )
        : null,
    ),
    h("p", { class: "hint" }, "Select a rectangle, a slice or a row to see it everywhere."),
  ];
}

function tensor(data: Data, store: Store, id: number): HTMLElement[] {
  const { tensors, lives } = data.report;
  const t = tensors[id]!;
  const stays = data.livesOf[id]!.map((i) => lives[i]!);
  const readers = data.readersOf[id]!;
  return [
    head(t.kind, data.tensorNames[id]!, store),
    facts([
      ["size", `${bytesText(t.sizeBytes)} · ${exactBytesText(t.sizeBytes)}`],
      ["made by", stepLink(data, store, t.producer)],
      ["compulsory", bytesText(t.compulsoryBytes)],
      ["spilled", bytesText(t.spillBytes)],
      ["fetched again", bytesText(t.refetchBytes)],
      t.otherBytes > 0 ? ["otherwise", bytesText(t.otherBytes)] : undefined,
    ]),
    h("h4", {}, readers.length === 1 ? "Read by" : `Read by ${grouped(readers.length)} steps`),
    h(
      "ul",
      { class: "plain" },
      ...readers.slice(0, 12).map((s) => h("li", {}, stepLink(data, store, s))),
      readers.length > 12 ? h("li", { class: "muted" }, `${readers.length - 12} more`) : null,
    ),
    h("h4", {}, stays.length === 1 ? "One stay in memory" : `${grouped(stays.length)} stays in memory`),
    h(
      "ol",
      { class: "stays" },
      ...stays
        .slice(0, 12)
        .map((life) =>
          h(
            "li",
            {},
            h("b", {}, stepsText(life)),
            ` at ${hexText(life.offsetBytes)}`,
            h("br"),
            h("span", { class: "muted" }, `${arrivalText(life)}; ${departureText(life)}`),
          ),
        ),
      stays.length > 12 ? h("li", { class: "muted" }, `${stays.length - 12} more`) : null,
    ),
  ];
}

function step(data: Data, store: Store, id: number): HTMLElement[] {
  const { steps, operands, slices, tensors } = data.report;
  const s = steps[id]!;
  const { reads, writes } = operands[id] ?? { reads: [], writes: [] };
  const list = (title: string, ids: readonly number[]) =>
    ids.length === 0
      ? []
      : [
          h("h4", {}, title),
          h(
            "ul",
            { class: "stack" },
            ...ids.map((t) =>
              h(
                "li",
                {},
                swatch(tensors[t]?.kind ?? ""),
                tensorLink(data, store, t),
                h("span", { class: "number" }, bytesText(tensors[t]?.sizeBytes ?? 0)),
              ),
            ),
          ),
        ];
  const transfers = data.transfersAt[id]!.map((i) => slices[i]!);
  return [
    head(`step ${id} · ${s.type}`, data.stepNames[id]!, store),
    facts([
      ["runs", `${grouped(s.endCycle - s.startCycle)} cycles from ${grouped(s.startCycle)}`],
      ["waits", s.stallCycles === 0 ? "no" : `${grouped(s.stallCycles)} cycles${s.waitsFor ? ` for ${s.waitsFor}` : ""}`],
      s.needBytes > 0 ? ["operands", bytesText(s.needBytes)] : undefined,
      ["live", `${bytesText(s.liveBytes)} of ${bytesText(data.capacityBytes)}`],
      ["off-chip", `${bytesText(s.inBytes)} in, ${bytesText(s.outBytes)} out`],
    ]),
    ...list("Reads", reads),
    ...list("Writes", writes),
    ...(transfers.length === 0
      ? []
      : [
          h("h4", {}, "Transfers around it"),
          h(
            "ul",
            { class: "stack" },
            ...transfers
              .slice(0, 12)
              .map((t) =>
                h(
                  "li",
                  {},
                  swatch(t.cause),
                  h("span", {}, `${t.kind} `, tensorLink(data, store, t.tensor)),
                  h("span", { class: "number" }, bytesText(t.sizeBytes)),
                ),
              ),
          ),
        ]),
  ];
}

function bar(share: number, colour: string): HTMLElement {
  const filled = h("span", { class: `meter-fill c-${colour}` });
  filled.style.width = `${Math.min(100, share * 100)}%`;
  return h("span", { class: "meter", "aria-hidden": "true" }, filled);
}
