import { readdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { codesOf, documentOf, scratch, stowage } from "./stowage.js";

const at = scratch();
const VERBS = ["inspect", "plan", "verify", "export", "alloc", "targets", "demo"];
const TARGET_VERBS = ["list", "show", "check", "schema"];

describe("help", () => {
  test("lists the verbs", async () => {
    const { exit, stdout } = await stowage(["--help"]);
    expect(exit).toBe(0);
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb} `, "m"));
  });

  test("of each verb shows an example", async () => {
    const verbs = [...VERBS.map((verb) => [verb]), ...TARGET_VERBS.map((verb) => ["targets", verb])];
    const helps = await Promise.all(verbs.map((verb) => stowage([...verb, "--help"])));
    helps.forEach(({ exit, stdout, stderr }, i) => {
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
      expect(stdout).toContain(`Example:\n  $ stowage ${verbs[i]![0]}`);
    });
  });

  test("no verb is a usage error that shows the help", async () => {
    const ended = await stowage([]);
    expect(ended.exit).toBe(1);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toContain("Usage: stowage");
  });
});

describe("usage errors: exit 1, nothing on stdout", () => {
  const cases: readonly (readonly [code: string, says: RegExp, line: string])[] = [
    ["CLI-40", /did you mean plan/, "pln"],
    ["CLI-40", /unknown command 'contrast'/, "contrast resnet8"],
    ["CLI-40", /did you mean one of --seed/, "plan resnet8 --target cosma --sed 1"],
    ["CLI-40", /--target/, "plan resnet8"],
    ["CLI-40", /missing required argument/, "inspect"],
    ["CLI-40", /too many arguments/, "verify a b"],
    ["CLI-41", /no unit/, "plan resnet8 --target cosma --time 10"],
    ["CLI-41", /more than 0s/, "plan resnet8 --target cosma --time 0s"],
    ["CLI-41", /available: traffic, latency, energy/, "plan resnet8 --target cosma --objective speed"],
    ["CLI-41", /whole number/, "plan resnet8 --target cosma --nodes 1e6"],
    ["CLI-41", /whole number/, "plan resnet8 --target cosma --seed -1"],
    ["CLI-41", /not a size/, "inspect resnet8 --bind N=many"],
    ["CLI-41", /csv, trace, html/, "export plan.json --to pdf"],
    ["CLI-41", /ledger, residency, steps/, "export plan.json --to csv --table all"],
  ];
  test.each(cases)("%s %s", async (code, says, line) => {
    const args = line.split(" ");
    const [plain, json] = await Promise.all([stowage(args), stowage([...args, "--json"])]);
    expect({ exit: plain.exit, stdout: plain.stdout, codes: codesOf(plain) }).toEqual({ exit: 1, stdout: "", codes: [code] });
    expect(plain.stderr).toMatch(says);
    expect(plain.stderr).toMatch(/\n {2}try: \S/);

    expect(json.exit).toBe(1);
    expect(documentOf(json)).toMatchObject({ schema: "stowage/error/1", errors: [{ code }] });
  });

  test("export: stdout cannot carry both the export and a document", async () => {
    const ended = await stowage(["export", "plan.json", "--to", "csv", "--json"]);
    expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 1, codes: ["CLI-40"] });
    expect(documentOf(ended).errors[0].message).toContain("--out");
  });
});

describe("bad input: exit 2", () => {
  test.each([
    ["CLI-42", /did you mean resnet50/, "inspect resnet5"],
    ["CLI-42", /did you mean mobilenetv2/, "plan models/mobilnetv2.onnx --target cosma"],
    ["CLI-2", /folder/, "inspect ."],
    ["CLI-2", /regular file/, "inspect /dev/zero"],
    ["TGT-11", /did you mean cosma/, "plan resnet8 --target cosmo"],
    ["CLI-1", /no such file/, "plan resnet8 --target ./absent.yaml"],
    ["TGT-7", /no unit/, "plan resnet8 --target cosma --set memory.size=512"],
    ["TGT-12", /key=value/, "plan resnet8 --target cosma --set memory.size"],
    ["ONX-8", /batch/, "plan resnet8 --target cosma --bind batch=1"],
    ["CLI-6", /folder/, "plan resnet8 --target cosma --out ."],
    ["CLI-6", /does not exist/, "plan resnet8 --target cosma --report no/such/folder/r.html"],
    ["CLI-7", /overwrite/, "plan resnet8 --target cosma --out same --trace ./same"],
    ["CLI-1", /no such file/, "verify absent.json"],
    ["CLI-1", /no such file/, "export absent.json --to html --out x.html"],
    ["CLI-1", /no such file/, "alloc absent.csv --capacity 1MiB"],
    ["TGT-11", /no preset/, "targets show absent"],
    ["CLI-1", /no such file/, "targets check absent.yaml"],
  ] as const)("%s %s", async (code, says, line) => {
    const ended = await stowage([...line.split(" "), "--json"], at());
    expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: [code] });
    expect(ended.stderr).toMatch(says);
    const errors = [{ code, where: expect.any(String), fix: expect.any(String) }];
    expect(documentOf(ended)).toMatchObject({ schema: "stowage/error/1", errors });
    expect(readdirSync(at())).toEqual([]);
  });

  test("a model that would be overwritten stays as it is", async () => {
    writeFileSync(at("model.onnx"), "");
    const ended = await stowage(["plan", "model.onnx", "--target", "cosma", "--out", "model.onnx"], at());
    expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: ["CLI-7"] });
  });

  test("all errors of model and target are told at once", async () => {
    writeFileSync(at("model.onnx"), "");
    writeFileSync(at("mine.yaml"), "kind: scratchpad\nmemory: { size: 12, alignment: 1B }\ncolour: red\n");
    const ended = await stowage(["plan", "absent.onnx", "--target", "mine.yaml"], at());
    expect(ended.exit).toBe(2);
    expect(codesOf(ended)).toEqual(expect.arrayContaining(["CLI-42", "TGT-4", "TGT-5", "TGT-7"]));
    expect(ended.stderr).toContain("mine.yaml:2:17 memory.size");
  });

  test("a name cannot steer the terminal", async () => {
    const ended = await stowage(["inspect", "\x1b]0;owned\x07\u202e.onnx\nCLI-70 stowage: fake"], at());
    expect(ended.exit).toBe(2);
    expect(codesOf(ended)).toEqual(["CLI-42"]);
    expect(ended.stderr).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
  });
});

describe("targets", () => {
  test("list: names, kinds and summaries, as text and as JSON", async () => {
    const { targets } = documentOf(await stowage(["targets", "list", "--json"]));
    expect(targets.length).toBeGreaterThanOrEqual(4);
    const { exit, stdout } = await stowage(["targets"]);
    expect(exit).toBe(0);
    for (const target of targets) {
      expect(Object.keys(target)).toEqual(["name", "kind", "summary"]);
      expect(stdout).toContain(target.name);
    }
  });

  test("show prints a file that check accepts", async () => {
    const shown = await stowage(["targets", "show", "cosma"]);
    writeFileSync(at("mine.yaml"), shown.stdout);
    const checked = await stowage(["targets", "check", "mine.yaml", "--json"], at());
    expect(checked.exit).toBe(0);
    expect(documentOf(checked)).toMatchObject({ schema: "stowage/target/1", name: "cosma", kind: "scratchpad" });
  });

  test("schema is a JSON Schema, with or without --json", async () => {
    const [plain, json] = [await stowage(["targets", "schema"]), await stowage(["targets", "schema", "--json"])];
    expect(documentOf(plain)).toEqual(documentOf(json));
    expect(documentOf(plain).$schema).toContain("2020-12");
  });
});
