import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ExternalReader, externalReader } from "./external.js";

let folder: string;
let read: ExternalReader;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stowage-"));
  mkdirSync(join(folder, "models", "data"), { recursive: true });
  writeFileSync(join(folder, "secret"), "outside");
  writeFileSync(join(folder, "models", "weights.bin"), "0123456789");
  writeFileSync(join(folder, "models", "data", "..more"), "dots");
  read = externalReader(join(folder, "models", "model.onnx"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The text read, or the code of the refusal. */
function said(location: string, offset = 0, length?: number): string {
  const bytes = read(location, offset, length);
  return bytes.ok ? new TextDecoder().decode(bytes.value) : bytes.errors[0].code;
}

describe("external data inside the model's folder", () => {
  it("is read by range", () => {
    expect(said("weights.bin")).toBe("0123456789");
    expect(said("weights.bin", 3, 4)).toBe("3456");
    expect(said("weights.bin", 10)).toBe("");
    expect(said("./data/..more")).toBe("dots");
  });

  it("is refused where the range is not in the file", () => {
    for (const [offset, length] of [
      [3, 8],
      [11, undefined],
      [-1, 2],
      [0, -1],
      [2 ** 62, 2 ** 62],
      [0.5, 1],
      [Number.NaN, 1],
    ] as const)
      expect(said("weights.bin", offset, length)).toBe("CLI-10");
  });

  it("may be absent", () => expect(said("gone.bin")).toBe("CLI-1"));
});

describe("external data elsewhere", () => {
  it("is never opened", () => {
    symlinkSync(join("..", "secret"), join(folder, "models", "link.bin"));
    symlinkSync("..", join(folder, "models", "up"));
    execFileSync("mkfifo", [join(folder, "models", "pipe")]);
    const locations = [
      "../secret",
      "data/../../secret",
      "..\\secret",
      join(folder, "secret"),
      "/dev/zero",
      "\\\\server\\share",
      "C:\\Windows\\win.ini",
      "c:win.ini",
      "link.bin",
      "up/secret",
      "pipe",
      "data",
      ".",
      "",
      "weights.bin\0",
    ];
    for (const location of locations) expect([location, said(location, 0, 1)]).toEqual([location, "CLI-9"]);
  });
});
