import { bad, type Checked, type Diagnostic, fail, good } from "../base/diagnostic.js";
import { fill, shortened, withRegularFile } from "./files.js";

/** Bytes of a file. Plans of networks of 100 million weights take half a gigabyte, more than a string can hold. */
const FILE_LIMIT = 2 ** 31;
/** Bytes that are looked at together: a value that has no more is left to JSON.parse. */
const WINDOW = 2 ** 22;
/** Values of a file, which take more room than their text where they are short. Plans of a million loads have half as many. */
const MOST_VALUES = 2 ** 25;
/** Characters of a string, a little less than V8 allows; of what is longer than the window how deep it may be nested. */
const MOST_CHARACTERS = 2 ** 29 - 2 ** 10;
const MOST_NESTED = 64;

/**
 * The value that a JSON file holds. Read piece by piece, for the text may be longer than a string can be.
 *
 * @param window bytes that are looked at together.
 * @returns the value that `JSON.parse` makes of the text; CLI-43 where it is none, CLI-4 where it is too much.
 */
export const readJsonFile = (path: string, window = WINDOW): Checked<unknown> =>
  withRegularFile(path, FILE_LIMIT, (file, size) => {
    const source: Source = {
      path,
      file,
      size,
      room: Buffer.alloc(Math.min(size + 1, window)),
      begin: 0,
      held: 0,
      at: 0,
      values: 0,
      fault: undefined,
    };
    move(source);
    if (BYTE_ORDER_MARK.every((byte, k) => source.room[k] === byte)) source.at = BYTE_ORDER_MARK.length;
    refuseOtherFiles(source);
    const value = source.fault === undefined ? readValue(source, 0) : undefined;
    if (source.fault === undefined && next(source) !== END) refuse(source, "something follows the value");
    return source.fault === undefined ? good(value) : bad(source.fault);
  });

/** A file that is looked at through a window that moves on. */
interface Source {
  readonly path: string;
  readonly file: number;
  readonly size: number;
  /** The window: `held` bytes from `begin` on. */
  readonly room: Buffer;
  begin: number;
  held: number;
  /** What is read next. */
  at: number;
  /** Read so far. */
  values: number;
  /** The first; what is read after it counts for nothing. */
  fault: Diagnostic | undefined;
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const LETTER_U = 0x75;
/** In place of a byte where the file has ended. */
const END = -1;

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isClosing = (byte: number): boolean => byte === CLOSE_LIST || byte === CLOSE_OBJECT;
const isOpening = (byte: number): boolean => byte === OPEN_LIST || byte === OPEN_OBJECT;

/** Takes the window to what is read next. */
function move(source: Source): void {
  const { path, file, size, room, at } = source;
  source.begin = at;
  source.held = fill(file, room.subarray(0, Math.min(room.length, size - at)), at);
  if (at + source.held < Math.min(size, at + room.length)) source.fault ??= shortened(path, at + source.held, size);
}

/** Refuses what is no text of JSON from its first byte on: another encoding, or a file of bytes such as a model. */
function refuseOtherFiles(source: Source): void {
  const { path, room, held } = source;
  if (held >= 2 && WIDE_MARKS.includes(room.readUInt16BE(0)))
    source.fault ??= fail("CLI-8", path, "is text in UTF-16, not in UTF-8", "save the file as UTF-8");
  const first = next(source);
  if (first !== END && (first < 0x20 || first > 0x7e))
    source.fault ??= fail(
      "CLI-43",
      path,
      `is not a plan document: it begins with the byte 0x${first.toString(16).padStart(2, "0")}, and no JSON does`,
      FIX,
    );
}

/** How text in UTF-16 begins. */
const WIDE_MARKS = [0xfeff, 0xfffe];
const FIX = "give a file that `stowage plan --out` wrote";

/** Passes over blanks; the byte behind them. */
function next(source: Source): number {
  for (; ; source.at++) {
    if (source.at >= source.begin + source.held) {
      if (source.at >= source.size || source.fault !== undefined) return END;
      move(source);
    }
    const byte = source.room[source.at - source.begin]!;
    if (!isBlank(byte)) return byte;
  }
}

/** Reads a value; `undefined` once there is a fault. */
function readValue(source: Source, depth: number): unknown {
  const first = next(source);
  let end = endOf(source);
  if (end === undefined && source.at > source.begin) {
    move(source);
    end = endOf(source);
  }
  if (source.fault !== undefined) return undefined;
  if (end !== undefined) return parsed(source, end);
  if (first === QUOTE) return longString(source);
  if (!isOpening(first)) return refuse(source, `a value has more than ${source.room.length} digits or letters`);
  if (depth === MOST_NESTED)
    return refuse(source, `lists of more than ${source.room.length} bytes stand in one another ${MOST_NESTED} times`);
  source.at++;
  return first === OPEN_LIST ? listOf(source, depth + 1) : objectOf(source, depth + 1);
}

/** Where in the window the value ends that is read next; `undefined` where it goes on behind it. */
function endOf(source: Source): number | undefined {
  const { room, held, begin, at } = source;
  let [depth, values] = [0, 1];
  for (let k = at - begin; k < held; k++) {
    const byte = room[k]!;
    if (byte === QUOTE) {
      k = closing(room, k + 1, held);
      if (k >= held) break;
    } else if (isOpening(byte)) depth++;
    else if (isClosing(byte)) depth--;
    else if (byte === COMMA) values++;
    else if (depth === 0) {
      // Digits or letters: they end before what is neither, but something is taken in any case.
      while (k + 1 < held && !isBlank(room[k + 1]!) && room[k + 1] !== COMMA && room[k + 1] !== COLON && !isClosing(room[k + 1]!)) k++;
      if (k + 1 === held) break;
    } else continue;
    if (depth > 0) continue;
    count(source, values);
    return k + 1;
  }
  if (begin + held < source.size) return undefined;
  count(source, values);
  return held;
}

/** Where the string ends whose first letter stands at `from`; `held` or more where that is not in the window. */
function closing(room: Buffer, from: number, held: number): number {
  let k = from;
  for (const near = Math.min(held, from + NEAR); k < near; k++) {
    if (room[k] === QUOTE) return k;
    if (room[k] === BACKSLASH) k++;
  }
  for (;;) {
    const quote = room.indexOf(QUOTE, k);
    if (quote < 0 || quote >= held) return held;
    let before = quote;
    while (before > k && room[before - 1] === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote;
    k = quote + 1; // this one belongs to the string
  }
}

/** Letters that are looked at one by one before a longer string is searched. */
const NEAR = 64;

function count(source: Source, values: number): void {
  source.values += values;
  if (source.values > MOST_VALUES)
    source.fault ??= fail("CLI-4", source.path, `holds more than ${MOST_VALUES} values`, "check that this is the file you meant");
}

/** Reads the value that ends there in the window. */
function parsed(source: Source, end: number): unknown {
  const text = textOf(source, end);
  const from = source.at;
  source.at = source.begin + end;
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    source.at = from;
    return refuse(source, error instanceof Error ? error.message : String(error));
  }
}

function listOf(source: Source, depth: number): unknown {
  const list: unknown[] = [];
  if (next(source) === CLOSE_LIST) {
    source.at++;
    return list;
  }
  while (source.fault === undefined) {
    list.push(readValue(source, depth));
    const byte = next(source);
    if (byte === CLOSE_LIST || byte === COMMA) source.at++;
    else return refuse(source, "a list goes on without a comma");
    if (byte === CLOSE_LIST) return list;
  }
  return undefined;
}

function objectOf(source: Source, depth: number): unknown {
  const object: Record<string, unknown> = {};
  if (next(source) === CLOSE_OBJECT) {
    source.at++;
    return object;
  }
  while (source.fault === undefined) {
    if (next(source) !== QUOTE) return refuse(source, "a key has no quotation marks");
    const key = readValue(source, depth) as string;
    if (next(source) !== COLON) return refuse(source, "a key has no colon behind it");
    source.at++;
    const value = readValue(source, depth);
    // As a key like any other, as JSON.parse has it.
    if (key === "__proto__") Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    else object[key] = value;
    const byte = next(source);
    if (byte === CLOSE_OBJECT || byte === COMMA) source.at++;
    else return refuse(source, "an object goes on without a comma");
    if (byte === CLOSE_OBJECT) return object;
  }
  return undefined;
}

/** Reads a string that is longer than the window. */
function longString(source: Source): string | undefined {
  const parts: string[] = [];
  let characters = 0;
  for (source.at++; source.fault === undefined; ) {
    move(source);
    const end = unbroken(source);
    const text = textOf(source, end);
    if (text === undefined) return undefined;
    const closed = source.room[end] === QUOTE && end < source.held;
    if (!closed && end === 0) return refuse(source, "a string has no end");
    try {
      parts.push(JSON.parse(`"${text}"`));
    } catch (error) {
      return refuse(source, error instanceof Error ? error.message : String(error));
    }
    characters += parts.at(-1)!.length;
    if (characters > MOST_CHARACTERS)
      source.fault ??= fail(
        "CLI-4",
        source.path,
        `a string has more than ${MOST_CHARACTERS} characters`,
        "check that this is the file you meant",
      );
    source.at += end + Number(closed);
    if (closed) return source.fault === undefined ? parts.join("") : undefined;
  }
  return undefined;
}

/** How far the string goes in the window before it ends, or before a character or escape that is not all in it. */
function unbroken({ room, held }: Source): number {
  let k = 0;
  while (k < held && room[k] !== QUOTE) {
    const byte = room[k]!;
    const long = byte === BACKSLASH ? (room[k + 1] === LETTER_U ? 6 : 2) : byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (k + long > held) break;
    k += long;
  }
  return k;
}

/** What is read next, up to where the window has `end`. */
function textOf(source: Source, end: number): string | undefined {
  const { path, room, begin, at } = source;
  try {
    return DECODER.decode(room.subarray(at - begin, end));
  } catch {
    source.fault ??= fail("CLI-8", path, `bytes from ${at} to ${begin + end} are not valid UTF-8`, "save the file as UTF-8");
    return undefined;
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function refuse(source: Source, why: string): undefined {
  const where = source.at === 0 ? "" : `, from byte ${source.at} on`;
  source.fault ??= fail("CLI-43", source.path, `is not JSON: ${why}${where}`, FIX);
}
