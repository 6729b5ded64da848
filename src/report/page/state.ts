/** What every view shows alike. The selection and the axis live in the address, so that a link carries them. */
export type Selection = { readonly kind: "tensor" | "step"; readonly id: number } | undefined;
export type Axis = "steps" | "cycles";
/** The part of the plan in sight: `x` on the axis, `y` in bytes. */
export interface Window {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}
export type Change = "selection" | "axis" | "window" | "theme";

export interface State {
  selection: Selection;
  axis: Axis;
  window: Window;
}

export interface Store {
  readonly state: Readonly<State>;
  select(selection: Selection): void;
  setAxis(axis: Axis): void;
  setWindow(window: Window): void;
  restyle(): void;
  on(listener: (change: Change) => void): void;
}

/** @param counts how many tensors and steps there are: an address may ask for others. */
export function createStore(full: (axis: Axis) => Window, counts: { readonly tensor: number; readonly step: number }): Store {
  const listeners: ((change: Change) => void)[] = [];
  const state: State = { ...parse(location.hash), window: full("steps") };
  state.window = full(state.axis);
  const tell = (change: Change): void => {
    for (const listener of listeners) listener(change);
  };
  const publish = (): void => {
    const parts = [state.selection && `${state.selection.kind}=${state.selection.id}`, state.axis === "cycles" && "axis=cycles"].filter(
      Boolean,
    );
    history.replaceState(null, "", parts.length > 0 ? `#${parts.join("&")}` : location.pathname + location.search);
  };

  function parse(hash: string): { selection: Selection; axis: Axis } {
    const fields = new URLSearchParams(hash.slice(1));
    const selection = (["tensor", "step"] as const).flatMap((kind) => {
      const id = Number(fields.get(kind) ?? Number.NaN);
      return Number.isInteger(id) && id >= 0 && id < counts[kind] ? [{ kind, id }] : [];
    })[0];
    return { selection, axis: fields.get("axis") === "cycles" ? "cycles" : "steps" };
  }

  window.addEventListener("hashchange", () => {
    const asked = parse(location.hash);
    const turned = asked.axis !== state.axis;
    Object.assign(state, asked);
    if (turned) state.window = full(state.axis);
    tell("selection");
    if (turned) tell("axis");
  });

  return {
    state,
    select(selection) {
      const same = selection?.kind === state.selection?.kind && selection?.id === state.selection?.id;
      if (same) return;
      state.selection = selection;
      publish();
      tell("selection");
    },
    setAxis(axis) {
      if (axis === state.axis) return;
      state.axis = axis;
      state.window = full(axis);
      publish();
      tell("axis");
    },
    setWindow(next) {
      state.window = next;
      tell("window");
    },
    restyle: () => tell("theme"),
    on: (listener) => {
      listeners.push(listener);
    },
  };
}
