import { bad, type Checked, good } from "../base/diagnostic.js";
import { onnxFail } from "./names.js";

/** What one `--bind` says. */
export type Binding =
  /** `N=1`: a symbol, or the one axis of an input of rank 1. */
  | { readonly kind: "symbol"; readonly name: string; readonly value: number }
  /** `x=1,3,224,224`: every axis of an input. */
  | { readonly kind: "shape"; readonly name: string; readonly shape: readonly number[] }
  /** `x[2]=224`: one axis of an input. */
  | { readonly kind: "axis"; readonly name: string; readonly axis: number; readonly value: number };

/** As the user would write it. */
export const bindingText = (b: Binding): string =>
  b.kind === "symbol" ? `${b.name}=${b.value}` : b.kind === "shape" ? `${b.name}=${b.shape.join(",")}` : `${b.name}[${b.axis}]=${b.value}`;

/** Reads `N=1`, `x=1,3,224,224`, `x=1x3x224x224` or `x[2]=224`. ONX-7 when it is none of them. */
export function parseBinding(text: string): Checked<Binding> {
  // Names may hold "=", values never do.
  const cut = text.lastIndexOf("=");
  const name = text.slice(0, cut).trim();
  const sizes = text
    .slice(cut + 1)
    .trim()
    .split(/\s*[,x]\s*/);
  const shape = sizes.map(Number);
  const wrong = (message: string) => bad(onnxFail("ONX-7", `--bind ${text}`, message, "write N=1, x=1,3,224,224 or x[2]=224"));
  if (cut <= 0 || name === "") return wrong("there is no name before an equals sign");
  const odd = sizes.find((s, i) => !/^\d+$/.test(s) || !Number.isSafeInteger(shape[i]));
  if (odd !== undefined) return wrong(`"${odd}" is not a size: sizes are whole numbers from 0 to 2^53`);
  const [value = 0] = shape;
  if (shape.length > 1) return good({ kind: "shape", name, shape });
  const axis = /^(.+)\[(\d+)\]$/.exec(name);
  return axis === null ? good({ kind: "symbol", name, value }) : good({ kind: "axis", name: axis[1] ?? "", axis: Number(axis[2]), value });
}
