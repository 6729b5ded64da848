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
export type Change = "selection" | "axis" | "memory" | "window" | "theme";

export interface State {
  selection: Selection;
  axis: Axis;
  /** Index of the memory in sight. */
  memory: number;
  window: Window;
}

export interface Store {
  readonly state: Readonly<State>;
  select(selection: Selection): void;
  setAxis(axis: Axis): void;
  setMemory(memory: number): void;
  setWindow(window: Window): void;
  restyle(): void;
  on(listener: (change: Change) => void): void;
}

/**
 * @param usual the axis where the address names none.
 * @param counts how many tensors, steps and memories there are: an address may ask for others.
 */
export function createStore(
  full: (memory: number, axis: Axis) => Window,
  usual: Axis,
  counts: { readonly tensor: number; readonly step: number; readonly memory: number },
): Store {
  const listeners: ((change: Change) => void)[] = [];
  const asked = parse(location.hash);
  const state: State = { ...asked, window: full(asked.memory, asked.axis) };
  const tell = (change: Change): void => {
    for (const listener of listeners) listener(change);
  };
  const publish = (): void => {
    const { selection, axis, memory } = state;
    const parts = [
      selection && `${selection.kind}=${selection.id}`,
      axis !== usual && `axis=${axis}`,
      memory > 0 && `memory=${memory}`,
    ].filter(Boolean);
    history.replaceState(null, "", parts.length > 0 ? `#${parts.join("&")}` : location.pathname + location.search);
  };

  function parse(hash: string): Omit<State, "window"> {
    const fields = new URLSearchParams(hash.slice(1));
    const index = (kind: keyof typeof counts): number | undefined => {
      const id = Number(fields.get(kind) ?? Number.NaN);
      return Number.isInteger(id) && id >= 0 && id < counts[kind] ? id : undefined;
    };
    const selection = (["tensor", "step"] as const).flatMap((kind) => {
      const id = index(kind);
      return id === undefined ? [] : [{ kind, id }];
    })[0];
    const axis = (["cycles", "steps"] as const).find((name) => name === fields.get("axis")) ?? usual;
    return { selection, axis, memory: index("memory") ?? 0 };
  }

  window.addEventListener("hashchange", () => {
    const asked = parse(location.hash);
    const turned = asked.axis !== state.axis;
    const moved = asked.memory !== state.memory;
    Object.assign(state, asked);
    if (turned || moved) state.window = full(state.memory, state.axis);
    tell("selection");
    if (turned) tell("axis");
    if (moved) tell("memory");
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
      state.window = full(state.memory, axis);
      publish();
      tell("axis");
    },
    setMemory(memory) {
      if (memory === state.memory) return;
      const { x0, x1 } = state.window;
      state.memory = memory;
      // Addresses of another memory, and still the same time.
      state.window = { ...full(memory, state.axis), x0, x1 };
      publish();
      tell("memory");
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
