import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readJsonFile } from "./json-file.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stowage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What reading a file with these contents comes to. */
function read(contents: string | Uint8Array, window?: number) {
  const path = join(folder, "x.json");
  writeFileSync(path, contents);
  const checked = readJsonFile(path, window);
  return checked.ok ? checked.value : checked.errors.map(({ code }) => code);
}

/** What JSON.parse makes of it, or the code of what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return ["CLI-43"];
  }
}

const unit = fc.constantFrom("a", "é", "€", "😀", "\ud83d", '"', "\\", "\n", "\u0000", "__proto__");
const letters = fc.oneof(fc.string({ unit, maxLength: 30 }), fc.string({ unit, maxLength: 200 }));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(letters, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constantFrom(null, true, false)),
    fc.array(tie("any"), { maxLength: 6 }),
    fc.dictionary(letters, tie("any"), { maxKeys: 4 }),
  ),
})).any;
const window = fc.integer({ min: 8, max: 80 });

describe("what is read through a window of any width", () => {
  test("is what JSON.parse makes of it", () => {
    fc.assert(
      fc.property(value, window, fc.constantFrom(undefined, 1, "\t\r\n"), (data, width, indent) => {
        const text = JSON.stringify(data, undefined, indent);
        // Numbers are not cut.
        const narrowest = Math.max(width, ...[...text.matchAll(/[^\s,:"[\]{}]+/g)].map(([word]) => Buffer.byteLength(word) + 2));
        expect(read(text, narrowest)).toStrictEqual(JSON.parse(text));
        expect(read(text)).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  test("is refused where JSON.parse refuses it", () => {
    const tokens = fc.array(fc.constantFrom("[", "]", "{", "}", ",", ":", '"', "\\", "1", "e", " ", "a", "null", '"k"', '"k":', "\\u00"), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(tokens, window, (parts, width) => {
        const text = parts.join("");
        const long = `[${"0,".repeat(40)}${text}]`;
        expect(read(text, width)).toStrictEqual(parsed(text));
        expect(read(long, width)).toStrictEqual(parsed(long));
      }),
      { numRuns: 500 },
    );
  });

  test("may begin with a byte-order mark, end in blanks, and name a key twice", () => {
    expect(read('\ufeff {"a":1} \n')).toEqual({ a: 1 });
    expect(read(`${JSON.stringify({ a: "x".repeat(100) })}${" ".repeat(100)}`, 16)).toEqual({ a: "x".repeat(100) });
    expect(read('{"a":[0,1,2,3,4,5,6,7,8],"a":"later"}', 8)).toEqual({ a: "later" });
  });
});

describe("what is refused", () => {
  test("bytes that are not UTF-8, wherever they stand", () => {
    const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    for (const text of ['"\xff"', '["\xc3\x28"]', '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x82"']) {
      expect(read(bytes(text))).toEqual(["CLI-8"]);
      expect(read(bytes(text), 10)).toEqual(["CLI-8"]);
    }
  });

  test("files of bytes are no text, and are not advised to become some; text in UTF-16 is", () => {
    for (const bytes of [
      [0x08, 0x08, 0x12, 0xff],
      [0x1f, 0x8b],
      [0x89, 0x50],
      [0x00, 0x7b],
    ])
      expect(read(Uint8Array.from(bytes))).toEqual(["CLI-43"]);
    expect(read(Buffer.from('\ufeff{"a":1}', "utf16le"))).toEqual(["CLI-8"]);
    expect(read(Buffer.from('\ufeff{"a":1}', "utf16le").swap16())).toEqual(["CLI-8"]);
  });

  test("a file of a size that no plan has, before anything of it is read", () => {
    const path = join(folder, "huge.json");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 33); // a hole: takes no room on the disk
    const checked = readJsonFile(path);
    expect(checked.ok || checked.errors.map(({ code }) => code)).toEqual(["CLI-4"]);
  });

  test("more values than plans have, though their text is short", () => {
    const list = `"a":[${"0,".repeat(2 ** 20)}0]`; // under one key, so that only the last stays
    expect(read(`{${Array.from({ length: 32 }, () => list).join()}}`)).toEqual(["CLI-4"]);
  });

  test("long lists in one another without end, long numbers, long strings without end", () => {
    expect(read("[".repeat(200), 16)).toEqual(["CLI-43"]);
    expect(read("1".repeat(200), 16)).toEqual(["CLI-43"]);
    expect(read(`"${"x".repeat(200)}`, 16)).toEqual(["CLI-43"]);
  });

  test("tells where in the file the trouble is", () => {
    const path = join(folder, "x.json");
    writeFileSync(path, `{"a":[${"0,".repeat(50)}0],"b":[1,,2]}`);
    const checked = readJsonFile(path, 16);
    expect(checked.ok || checked.errors[0].message).toMatch(/^is not JSON: .*, from byte 113 on$/);
  });
});
