import type { NodeView } from "../node.js";
import { ofRank, same } from "./dims.js";
import { type Rule, type Rules, refuse, shapeOf, tensor, typeOf } from "./rule.js";

/**
 * Data `[sequence, batch, features]`, or batch first with `layout` 1; `W` is `[directions, gates x hidden, features]`.
 * Puts out every step, then the last hidden state and, for LSTM, the last cell state.
 */
const recurrent =
  (gates: number, states: number): Rule =>
  (view) => {
    const data = ofRank(shapeOf(view, 0), 3, "the data");
    const w = ofRank(shapeOf(view, 1), 3, "W");
    const r = ofRank(shapeOf(view, 2), 3, "R");
    const hidden = hiddenSize(view, r[2] ?? null);
    const directions = directionsOf(view);
    same(w[0] ?? null, directions, "directions of W");
    same(r[0] ?? null, directions, "directions of R");
    same(w[2] ?? null, data[2] ?? null, "features of W against the data");
    if (hidden !== null) {
      same(w[1] ?? null, gates * hidden, `rows of W against ${gates} x hidden size`);
      same(r[1] ?? null, gates * hidden, `rows of R against ${gates} x hidden size`);
    }
    const [first = null, second = null] = data;
    const type = typeOf(view, 0);
    if (view.int("layout") === 1) {
      const state = tensor(type, [first, directions, hidden]);
      return [tensor(type, [first, second, directions, hidden]), ...new Array(states).fill(state)];
    }
    const state = tensor(type, [directions, second, hidden]);
    return [tensor(type, [first, directions, second, hidden]), ...new Array(states).fill(state)];
  };

export const RECURRENT: Rules = {
  RNN: recurrent(1, 1),
  GRU: recurrent(3, 1),
  LSTM: recurrent(4, 2),
};

function hiddenSize(view: NodeView, fromWeight: number | null): number | null {
  const stated = view.int("hidden_size");
  return stated === undefined ? fromWeight : same(stated, fromWeight, "hidden_size against R");
}

function directionsOf(view: NodeView): number {
  const direction = (view.string("direction") ?? "forward").toLowerCase();
  if (direction === "bidirectional") return 2;
  return direction === "forward" || direction === "reverse"
    ? 1
    : refuse(`attribute "direction" is "${direction}"`, "use forward, reverse or bidirectional");
}
