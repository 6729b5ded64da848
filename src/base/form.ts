import { bad, type Checked, type Code, fail, good } from "./diagnostic.js";

/** Where in a value from outside something is wrong, e.g. `.layers[3].bits`, and what. */
export type Fault = readonly [path: string, message: string];

/** Faults told at once; a damaged file may have thousands. */
export const MOST_FAULTS = 20;

/** A schema, as far as reading goes: what zod's are. */
interface Form<T> {
  readonly safeParse: (data: unknown) =>
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };
      };
}

/** The place of a fault as people write it. */
export const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");

/**
 * Takes a problem from outside as what it claims to be: of the right form and free of contradictions.
 *
 * @param contradictions what the form alone cannot say.
 * @param where names the place in messages, e.g. `plan.json: problem`.
 * @returns what was parsed, or every fault (at most 20) under `code`.
 */
export function readForm<T>(
  form: Form<T>,
  contradictions: (value: T) => readonly Fault[],
  data: unknown,
  where: string,
  code: Code,
): Checked<T> {
  const parsed = form.safeParse(data);
  const faults = parsed.success
    ? contradictions(parsed.data)
    : parsed.error.issues.map(({ path, message }): Fault => [pathOf(path), message]);
  const [first, ...others] = faults
    .slice(0, MOST_FAULTS)
    .map(([path, message]) => fail(code, `${where}${path}`, message, "plan again; a plan file belongs to the problem stored in it"));
  return parsed.success && first === undefined ? good(parsed.data) : bad(first!, ...others); // a form that does not fit says why
}
