/** Levels that are told entry by entry: what stands below them is short enough for one string. */
const DEPTH = 3;

/**
 * What `JSON.stringify` makes of plain data, piece by piece: the whole may be longer than a string can be, or take more room than there is.
 *
 * @param value plain data, no `undefined` itself.
 */
export function* jsonPieces(value: unknown, depth = DEPTH): Generator<string> {
  if (depth === 0 || typeof value !== "object" || value === null) {
    yield JSON.stringify(value);
    return;
  }
  const list = Array.isArray(value);
  const entries = list ? value.map((item) => ["", item ?? null] as const) : Object.entries(value).filter(([, item]) => item !== undefined);
  yield list ? "[" : "{";
  for (const [k, [key, item]] of entries.entries()) {
    yield `${k === 0 ? "" : ","}${list ? "" : `${JSON.stringify(key)}:`}`;
    yield* jsonPieces(item, depth - 1);
  }
  yield list ? "]" : "}";
}
