import { type Code, type Diagnostic, fail } from "../base/diagnostic.js";
import type { ONNX_CODES } from "./codes.js";

/** A diagnostic with a code of this folder. */
export const onnxFail = (code: keyof typeof ONNX_CODES, where: string, message: string, fix: string): Diagnostic =>
  fail(code satisfies Code, where, message, fix);

const LONGEST = 120;

/** A name of the model inside a message: quoted, cut to a readable length, nothing in it acts on a terminal. */
export function quoted(name: string): string {
  const cut = name.length > LONGEST ? `${name.slice(0, LONGEST)}...` : name;
  return `"${cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)}"`;
}

const LISTED = 8;

/** Names in a message, the first few where there are many. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map(quoted).join(", ");
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown;
}

/** Gives every name once: a name already taken gets a number behind it, an empty one starts as `fallback`. */
export function uniqueNames(): (name: string, fallback: string) => string {
  const taken = new Map<string, number>();
  return (name, fallback) => {
    const base = name === "" ? fallback : name;
    let unique = base;
    while (taken.has(unique)) {
      const n = (taken.get(base) ?? 1) + 1;
      taken.set(base, n);
      unique = `${base}_${n}`;
    }
    taken.set(unique, 1);
    return unique;
  };
}
