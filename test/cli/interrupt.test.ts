import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { root } from "../sources.js";
import { codesOf, documentOf, main, scratch, started } from "./stowage.js";

const at = scratch();
const dist = (path: string) => JSON.stringify(`file://${root}dist/${path}`);

/** A program around the search runner whose job obeys, or does not obey, the request to stop. */
function program(job: string, seconds: number): string {
  writeFileSync(
    at("job.mjs"),
    `import { serve } from ${dist("node/thread.js")};
     import { done } from ${dist("cli/finish.js")};
     await serve(async (input, { stop, progress }) => { ${job} });`,
  );
  writeFileSync(
    at("program.mjs"),
    `import { search } from ${dist("cli/search.js")};
     import { finish } from ${dist("cli/finish.js")};
     const running = search(new URL("./job.mjs", import.meta.url), 6, ${seconds});
     finish(await running, true);`,
  );
  return at("program.mjs");
}

const UNTIL_STOPPED = `progress({ phase: "busy" }); while (!stop()); return done("", { best: input * 7 });`;
const FOR_EVER = "while (true);";

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("Ctrl-C", () => {
  test("once stops the search and keeps the best plan", async () => {
    const { child, ended } = started([program(UNTIL_STOPPED, 60)]);
    await wait(600);
    child.kill("SIGINT");
    const result = await ended;
    expect(result.exit).toBe(0);
    expect(documentOf(result)).toEqual({ best: 42 });
    expect(result.stderr).toContain("Ctrl-C again aborts");
  });

  test("twice aborts a search that does not listen: exit 4, still one document", async () => {
    const { child, ended } = started([program(FOR_EVER, 60)]);
    await wait(600);
    child.kill("SIGINT");
    await wait(200);
    child.kill("SIGINT");
    const result = await ended;
    expect(result.exit).toBe(4);
    expect(codesOf(result)).toEqual(["CLI-44"]);
    expect(documentOf(result)).toMatchObject({ schema: "stowage/error/1", errors: [{ code: "CLI-44" }] });
  });

  test("is not needed where the time limit stops the search", async () => {
    const result = await started([program(UNTIL_STOPPED, 0.05)]).ended;
    expect({ exit: result.exit, document: documentOf(result) }).toEqual({ exit: 0, document: { best: 42 } });
  });
});

test("no progress where stderr is not a terminal", async () => {
  const result = await started([program(UNTIL_STOPPED, 0.3)]).ended;
  expect(result.stderr).toBe("");
});

test("an exception in the search is a bug of ours: exit 70, one plain message, no stack", async () => {
  const spoil = `Object.defineProperty(Array.prototype, "flatMap", { value() { throw new Error("a\\x1b[31mwry"); } });`;
  writeFileSync(at("bug.mjs"), `import { isMainThread } from "node:worker_threads"; if (!isMainThread) ${spoil}`);
  const args = ["--import", `file://${at("bug.mjs")}`, main, "plan", "resnet8", "--target", "cosma", "--json"];
  const result = await started(args).ended;
  expect(result.exit).toBe(70);
  expect(codesOf(result)).toEqual(["CLI-70"]);
  expect(result.stderr).not.toMatch(/\n\s+at |[^\n\P{Cc}]/u); // no stack, nothing that acts on a terminal
  expect(documentOf(result)).toMatchObject({ schema: "stowage/error/1", errors: [{ code: "CLI-70" }] });
});

test("a reader that goes away ends the program quietly", () => {
  const shell = `"${process.execPath}" "${main}" targets schema | head -c 1; exit "\${PIPESTATUS[0]}"`;
  const { status, stderr } = spawnSync("bash", ["-c", shell], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
