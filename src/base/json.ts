/** Characters of a piece, about: what is longer is told in parts. */
const PIECE = 2 ** 16;

/**
 * What `JSON.stringify` makes of plain data, piece by piece: the whole may be longer than a string can be, or take more room than there is.
 *
 * @param value plain data, no `undefined` itself.
 */
export function* jsonPieces(value: unknown, piece = PIECE): Generator<string> {
  const parts = typeof value === "string" || (typeof value === "object" && value !== null);
  if (!parts || roomLeft(value, piece) >= 0) yield JSON.stringify(value);
  else if (typeof value === "string") yield* stringPieces(value, piece);
  else {
    const list = Array.isArray(value);
    yield list ? "[" : "{";
    let between = "";
    for (const [key, item] of list ? value.entries() : Object.entries(value)) {
      if (item === undefined && !list) continue;
      yield list ? between : `${between}${JSON.stringify(key)}:`;
      yield* jsonPieces(item ?? null, piece);
      between = ",";
    }
    yield list ? "]" : "}";
  }
}

/** What is left of so many characters when the value has taken its part, about; negative where it takes more, which is as far as it is looked at. */
function roomLeft(value: unknown, room: number): number {
  if (typeof value === "string") return room - value.length;
  if (typeof value !== "object" || value === null) return room - 1;
  let left = room - 2;
  if (Array.isArray(value)) for (let k = 0; k < value.length && left >= 0; k++) left = roomLeft(value[k], left);
  else
    for (const key in value) {
      left = roomLeft(value[key as keyof typeof value], left - key.length);
      if (left < 0) break;
    }
  return left;
}

function* stringPieces(text: string, piece: number): Generator<string> {
  yield '"';
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = Math.min(text.length, from + Math.max(2, piece));
    if (to < text.length && isHigh(text.charCodeAt(to - 1))) to--; // by itself it would be written as an escape
    yield JSON.stringify(text.slice(from, to)).slice(1, -1);
  }
  yield '"';
}

/** Whether a code unit is the first of two. */
const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
