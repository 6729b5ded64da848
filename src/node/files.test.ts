import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Checked } from "../base/diagnostic.js";
import { outputProblems, readModelFile, readTextFile, sha256, stage, writeFiles } from "./files.js";

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stowage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const codes = (checked: Checked<unknown>) => (checked.ok ? [] : checked.errors.map((e) => e.code));

describe("reading", () => {
  it("hands over the bytes of a file", () => {
    writeFileSync(at("model.onnx"), Uint8Array.of(8, 7, 255));
    const bytes = readModelFile(at("model.onnx"));
    expect(bytes.ok && [...bytes.value]).toEqual([8, 7, 255]);
  });

  it("refuses what is not there, a folder, a device and a pipe without waiting for it", () => {
    execFileSync("mkfifo", [at("pipe")]);
    expect(codes(readModelFile(at("absent")))).toEqual(["CLI-1"]);
    expect(codes(readModelFile(join(folder, "absent", "deeper")))).toEqual(["CLI-1"]);
    expect(codes(readModelFile(folder))).toEqual(["CLI-2"]);
    expect(codes(readModelFile("/dev/zero"))).toEqual(["CLI-2"]);
    expect(codes(readModelFile(at("pipe")))).toEqual(["CLI-2"]);
  });

  it("refuses a file beyond the limit by its size, before it takes memory", () => {
    writeFileSync(at("huge.onnx"), "");
    truncateSync(at("huge.onnx"), 2 ** 33); // a hole: takes no room on the disk
    expect(codes(readModelFile(at("huge.onnx")))).toEqual(["CLI-4"]);
  });

  it("refuses text that is not UTF-8", () => {
    writeFileSync(at("target.yaml"), Uint8Array.of(0x6b, 0xff));
    expect(codes(readTextFile(at("target.yaml")))).toEqual(["CLI-8"]);
  });

  it("knows the digest of nothing", () => {
    // FIPS 180-4: SHA-256 of the empty message.
    expect(sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256(new Uint8Array(0))).toBe(sha256(""));
  });
});

describe("writing", () => {
  it("writes all files and leaves no temporary ones", () => {
    expect(writeFiles([at("a.json"), at("b.html")].map((path) => ({ path, text: path }))).ok).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["a.json", "b.html"]);
    expect(readFileSync(at("a.json"), "utf8")).toBe(at("a.json"));
  });

  it("writes nothing where one of them cannot be written", () => {
    mkdirSync(at("taken"));
    const files = [at("a.json"), at("taken")].map((path) => ({ path, text: "x" }));
    expect(codes(writeFiles(files))).toEqual(["CLI-6"]);
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  it("completes a file piece by piece, gives it its name with the others, and leaves nothing where that fails", () => {
    const staged = stage(at("a.json"), ["one, ", "x".repeat(2 ** 21), " two"]);
    if (!staged.ok) throw new Error("not staged");
    expect(readdirSync(folder)).toHaveLength(1);
    expect(existsSync(at("a.json"))).toBe(false);
    expect(writeFiles([staged.value, { path: at("b.html"), text: "b" }]).ok).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["a.json", "b.html"]);
    expect(readFileSync(at("a.json"), "utf8")).toBe(`one, ${"x".repeat(2 ** 21)} two`);

    mkdirSync(at("taken"));
    const again = stage(at("c.json"), ["c"]);
    expect(codes(writeFiles([...(again.ok ? [again.value] : []), { path: at("taken"), text: "x" }]))).toEqual(["CLI-6"]);
    expect(codes(stage(at("no/such/x"), ["x"]))).toEqual(["CLI-6"]);
    expect(readdirSync(folder).sort()).toEqual(["a.json", "b.html", "taken"]);
  });

  it("replaces the file behind a link and keeps the link", () => {
    writeFileSync(at("real.json"), "old");
    symlinkSync("real.json", at("link.json"));
    expect(writeFiles([{ path: at("link.json"), text: "new" }]).ok).toBe(true);
    expect(readFileSync(at("real.json"), "utf8")).toBe("new");
  });

  it("names every problem before the work begins", () => {
    writeFileSync(at("model.onnx"), "");
    symlinkSync("model.onnx", at("alias"));
    symlinkSync("nowhere", at("dangling"));
    const problems = outputProblems(
      [folder, at("no/such/x"), at("model.onnx/x"), at("alias"), at("new"), at("new"), at("dangling"), "/dev/null"],
      [at("model.onnx")],
    );
    expect(problems.map((p) => p.code)).toEqual(["CLI-6", "CLI-6", "CLI-6", "CLI-7", "CLI-7", "CLI-6", "CLI-6"]);
    expect(existsSync(at("new"))).toBe(false);
  });
});
