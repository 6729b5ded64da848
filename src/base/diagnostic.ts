/** Families of error codes; one table of codes lives beside the code that raises them (`codes.ts`). */
export type Family = "ONX" | "TGT" | "SPM" | "FUS" | "PIP" | "XBR" | "ALC" | "EXP" | "CLI";
export type Code = `${Family}-${number}`;

/** What is wrong, where, and what to try next. Bad input is such a value; an exception is a bug of ours. */
export interface Diagnostic {
  /** Stable for ever; listed in docs/errors.md. */
  readonly code: Code;
  /** What is wrong, with both numbers and their units. */
  readonly message: string;
  /** `model.onnx: node "conv1", input 1` or `target.yaml:6:5 memory.size`. */
  readonly where: string;
  /** The next thing to try; for a misspelt key, the nearest right one. */
  readonly fix: string;
}

/** The codes of one folder: what each means and what a reader can do, printed in docs/errors.md. */
export type CodeTable = Readonly<Record<string, { readonly means: string; readonly fix: string }>>;

export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly errors: readonly [Diagnostic, ...Diagnostic[]] };

export const fail = (code: Code, where: string, message: string, fix: string): Diagnostic => ({ code, message, where, fix });

export const good = <T>(value: T, warnings: readonly Diagnostic[] = []): Checked<T> => ({ ok: true, value, warnings });

export const bad = (
  first: Diagnostic,
  ...rest: readonly Diagnostic[]
): { readonly ok: false; readonly errors: readonly [Diagnostic, ...Diagnostic[]] } => ({
  ok: false,
  errors: [first, ...rest],
});
