import fc from "fast-check";
import { expect, test } from "vitest";
import type { Checked, Diagnostic } from "../base/diagnostic.js";
import { targetCodes } from "./codes.js";
import { targetFacts, targetJsonSchema } from "./families.js";
import { applySettings, parseTarget } from "./parse.js";
import { presetNames, presetTarget, presetYaml } from "./presets.js";
import type { Target } from "./target.js";

const GOOD = `kind: scratchpad
clock: 200MHz
memory:
  size: 64KiB
  alignment: 16B
  reserved: [{ start: 0B, size: 4KiB }]
  energy: 5pJ/B
offChip: { bandwidth: 1.6GB/s, energy: 8pJ/bit }
compute: { macs: 64MAC/cycle, vector: 8element/cycle, energy: 0.3pJ/MAC }
precision: { activation: int8 }
weights: planned
sources:
  memory.size: data sheet, table 3
`;

const lines = (result: Checked<Target>): readonly string[] =>
  (result.ok ? result.warnings : result.errors).map(({ code, where, message }: Diagnostic) => `${code} ${where}: ${message}`);
const check = (yaml: string, ...expected: readonly string[]) => expect(lines(parseTarget(yaml, "t.yaml"))).toEqual(expected);
/** The first error of a file with one setting: code, place, message and advice. */
const refused = (yaml: string, setting: string): string => {
  const result = applySettings(yaml, "t.yaml", [setting]);
  return result.ok ? "accepted" : `${lines(result)[0]}; ${result.errors[0].fix}`;
};
/** `GOOD` with `from` replaced. */
const but = (from: string, to: string) => {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
};

test("a good file becomes base units with the defaults filled in", () => {
  expect(parseTarget(GOOD, "some/where/npu.yaml")).toEqual({
    ok: true,
    warnings: [],
    value: {
      kind: "scratchpad",
      name: "npu",
      summary: "",
      clock: 2e8,
      memory: { size: 65536, alignment: 16, reserved: [{ start: 0, end: 4096 }], energy: 5 },
      offChip: { bandwidth: 1.6e9, energy: 64 },
      compute: { macs: 64, vector: 8, energy: 0.3 },
      precision: { activation: "int8" },
      weights: "planned",
      inPlace: true,
      sources: { "memory.size": "data sheet, table 3" },
    },
  });
});

test("the memory may be derived from the network", () => {
  for (const word of ["min", "mid", "peak"]) {
    const result = parseTarget(but("64KiB", word), "t.yaml");
    expect(result.ok && result.value.kind === "scratchpad" && result.value.memory.size).toBe(word);
  }
});

test("all errors are listed, each at its line and column", () => {
  check(
    `kind: scratchpad
clock: 200
memory:
  sise: 12KiB
  reserved: [{ start: 1b, size: 2KiB }, 3]
offChip:
  bandwidth: -3GB/s
compute: 5
precision: { activation: int9 }
weights: inside
inPlace: yes
colour: red
`,
    "TGT-7 t.yaml:2:8 clock: 200 has no unit",
    "TGT-5 t.yaml:4:3 memory.size: memory.size is missing",
    'TGT-8 t.yaml:5:23 memory.reserved[0].start: "1b" is 0.125 B, not whole',
    "TGT-6 t.yaml:5:41 memory.reserved[1]: 3 where a mapping of keys to values is expected",
    'TGT-4 t.yaml:4:3 memory.sise: unknown key "sise"',
    'TGT-8 t.yaml:7:14 offChip.bandwidth: "-3GB/s" is negative',
    "TGT-6 t.yaml:8:10 compute: 5 where a mapping of keys to values is expected",
    expect.stringContaining('TGT-6 t.yaml:9:26 precision.activation: "int9" where one of float32, ') as unknown as string,
    'TGT-6 t.yaml:10:10 weights: "inside" where one of outside, planned is expected',
    'TGT-6 t.yaml:11:10 inPlace: "yes" where true or false is expected',
    'TGT-4 t.yaml:12:1 colour: unknown key "colour"',
  );
});

test("a number out of range is answered with the range, a choice with its forms", () => {
  const crossbar = (setting: string) => refused(presetYaml("reram-ou")!, setting);
  expect(crossbar("rows=100000")).toBe(
    "TGT-6 --set rows=100000: 100000 where a whole number from 1 to 4096 is expected; write a whole number from 1 to 4096, for instance 128",
  );
  expect(crossbar("crossbars=0")).toContain("0 where a whole number from 1 to 1000000 or text is expected; write");
  expect(crossbar("crossbars=0")).toContain("for instance 25%");
  expect(crossbar("programming.drivers=1000")).toContain("a step writes cells of one row: give at most 128 drivers");
  expect(crossbar("unit.rows=1000")).toContain("give it at most 128 rows");
  const pipeline = (setting: string) => refused(presetYaml("zcu102")!, setting);
  expect(pipeline("precision.weight=33")).toContain("33 where a whole number from 1 to 32 or one of int32, int16,");
  expect(pipeline("precision.weight=itn8")).toContain("did you mean int8?");
  expect(pipeline("offChip.efficiency=1.1")).toContain("1.1 where a number above 0 up to 1 is expected");
});

test("what could not be counted exactly is refused before it is planned", () => {
  for (const preset of ["cosma", "vwa", "zcu102"]) {
    const yaml = presetYaml(preset)!;
    expect(refused(yaml, "offChip.bandwidth=1B/s")).toMatch(
      /^TGT-9 .*offChip\.bandwidth=1B\/s: 1 B\/s at \d+ Hz are .* choose \d+(\.\d+)?B\/s or more/,
    );
    expect(refused(yaml, "clock=0.5Hz")).toContain("TGT-8 --set clock=0.5Hz: 0.5 Hz is less than 1 Hz");
    expect(refused(yaml, "clock=100000GHz")).toContain("is more than 17592186044416 Hz");
  }
  expect(refused(presetYaml("vwa")!, "buffers.size=100TiB")).toContain("TGT-8");
  expect(refused(presetYaml("cosma")!, "compute.macs=0.0001MAC/cycle")).toContain("choose 0.0009765625MAC/cycle or more");
});

test("a misspelling is answered with the nearest right word", () => {
  const fix = (yaml: string) => {
    const result = parseTarget(yaml, "t.yaml");
    return result.ok ? "" : result.errors[0].fix;
  };
  expect(fix(but("alignment", "allignment"))).toBe("did you mean memory.alignment?");
  expect(fix(but("planned", "planed"))).toBe("did you mean planned?");
  expect(fix(but("int8", "itn8"))).toBe("did you mean int8?");
  expect(fix(but("kind: scratchpad", "kind: scrachpad"))).toContain("did you mean scratchpad?");
});

test("what is no mapping of plain values is refused before the schema sees it", () => {
  check("", "TGT-2 t.yaml:1:1: the file is empty; a target is a mapping of keys to values");
  check("# nothing\n", "TGT-2 t.yaml:1:1: the file is empty; a target is a mapping of keys to values");
  check("[1]", "TGT-2 t.yaml:1:1: the file is a list; a target is a mapping of keys to values");
  check("scratchpad", 'TGT-2 t.yaml:1:1: the file is "scratchpad"; a target is a mapping of keys to values');
  check(
    "kind: scratchpad\nkind: scratchpad\n\tclock: 1Hz",
    "TGT-1 t.yaml:2:1: this key was given before",
    "TGT-1 t.yaml:3:1: a tab indents this line",
  );
  check("kind: scratchpad\n---\nkind: scratchpad", "TGT-1 t.yaml:2:1: a second document starts here");
  check("kind: !!js/function f", expect.stringMatching(/^TGT-1 t.yaml:1:7: /) as unknown as string);
  check("? { a: 1 }\n: 2", "TGT-1 t.yaml:1:3: this key is not a plain word");
});

test("aliases and deep nesting are refused, however they are written", () => {
  const bomb = ["a: &a [x, x]", ...[..."bcdefghi"].map((letter, i) => `${letter}: &${letter} [*${"abcdefgh"[i]}, *${"abcdefgh"[i]}]`)].join(
    "\n",
  );
  expect(lines(parseTarget(bomb, "t.yaml"))[0]).toBe("TGT-3 t.yaml:2:8: alias *a");
  check("a: &x [*x]", "TGT-3 t.yaml:1:8: alias *x");
  const nests = ["[".repeat(60_000), "{a: ".repeat(15_000), "- ".repeat(30_000), "? ".repeat(30_000), "[{".repeat(30_000)];
  const indents = Array.from({ length: 300 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
  for (const text of [...nests, indents]) check(text, "TGT-3 t.yaml: nested deeper than 32 levels");
  check("#".repeat(70_000), "TGT-3 t.yaml: 70000 characters, more than 65536");
});

test("thousands of errors are listed too", () => {
  const ranges = but("reserved: [{ start: 0B, size: 4KiB }]", `reserved: [${"{ start: 0B, size: 1B }, ".repeat(2000)}]`);
  expect(lines(parseTarget(ranges, "t.yaml"))).toHaveLength(1999); // each but the first shares a byte with the first
  const keys = Array.from({ length: 6000 }, (_, i) => `k${i}: 1\n`).join("");
  expect(lines(parseTarget(GOOD + keys, "t.yaml"))).toHaveLength(6000);
});

test("values that contradict each other", () => {
  check(
    but("size: 4KiB", "size: 65KiB"),
    "TGT-9 t.yaml:6:14 memory.reserved[0]: ends at 66560 B, the memory at 65536 B",
    "TGT-9 t.yaml:6:13 memory.reserved: leaves none of 65536 B",
  );
  check(
    but("{ start: 0B, size: 4KiB }", "{ start: 0B, size: 4KiB }, { start: 2KiB, size: 4KiB }"),
    "TGT-9 t.yaml:6:41 memory.reserved[1]: shares bytes with memory.reserved[0]",
  );
  check(but("16B", "1MiB"), "TGT-9 t.yaml:5:14 memory.alignment: 1048576 B in a memory of 65536 B");
  check(but("200MHz", "0Hz"), "TGT-8 t.yaml:2:8 clock: a frequency of 0");
});

test("energies may be left out and sources may be misspelt, at the price of a warning", () => {
  check(but("  energy: 5pJ/B\n", ""), "TGT-13 t.yaml:4:3 memory.energy: memory.energy is not given and counts as 0");
  check(
    but("  memory.size: data", "  memory.sice: data"),
    'TGT-14 t.yaml:13:3 sources.memory.sice: "memory.sice" is no key of a scratchpad target',
  );
});

test("settings replace values under the same rules", () => {
  const set = (...settings: readonly string[]) => applySettings(GOOD, "t.yaml", settings);
  const result = set("memory.size=1MiB", "memory.size=2MiB", "memory.reserved=[]", "inPlace=false", "precision.weight=int4");
  expect(result.ok && result.value).toMatchObject({
    memory: { size: 2 ** 21, reserved: [] },
    inPlace: false,
    precision: { activation: "int8", weight: "int4" },
    sources: { "memory.size": "set: memory.size=2MiB", inPlace: "set: inPlace=false" },
  });
  expect(lines(set("memory.size=512"))).toEqual(["TGT-7 --set memory.size=512: 512 has no unit"]);
  expect(lines(set("memory.sice=1B", "memroy.size=1B", "__proto__.x=1B"))).toEqual([
    'TGT-4 --set memory.sice=1B: unknown key "sice"',
    'TGT-4 --set memroy.size=1B: unknown key "memroy"',
    'TGT-4 --set __proto__.x=1B: unknown key "__proto__"',
  ]);
  expect(lines(set("clock="))).toEqual(["TGT-5 --set clock=: clock is missing"]);
  expect(lines(set("memory.size", "=5", "clock=[", "x=&a [*a]")).map((line) => line.slice(0, 6))).toEqual([
    "TGT-12",
    "TGT-12",
    "TGT-12",
    "TGT-12",
  ]);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test("every preset is right, silent, and cites a source for every number and choice", () => {
  expect(presetNames.length).toBeGreaterThanOrEqual(6);
  for (const name of presetNames) {
    const result = presetTarget(name);
    expect(lines(result), name).toEqual([]);
    if (!result.ok) continue;
    expect(result.value.name).toBe(name);
    expect(result.value.summary, name).not.toBe("");
    const facts = targetFacts(result.value);
    const unsourced = facts.filter(({ source }) => source.length < 10).map(({ key }) => key);
    expect(unsourced, name).toEqual([]);
    expect(facts.length).toBeGreaterThanOrEqual(11);
  }
});

test("an unknown preset names the nearest", () => {
  const result = presetTarget("cosmo");
  expect(result.ok ? "" : `${result.errors[0].code} ${result.errors[0].fix}`).toContain("TGT-11 did you mean cosma?");
  expect(presetTarget("constructor").ok).toBe(false);
  expect(presetYaml("__proto__")).toBeUndefined();
});

test("the JSON Schema knows every key, with an example for each quantity", () => {
  const [scratchpad] = targetJsonSchema().oneOf as readonly {
    readonly properties: Readonly<Record<string, { readonly examples?: unknown }>>;
    readonly required: unknown;
  }[];
  expect(Object.keys(scratchpad!.properties)).toEqual(
    expect.arrayContaining(["kind", "name", "clock", "memory", "offChip", "compute", "precision", "weights", "inPlace", "sources"]),
  );
  expect(scratchpad!.required).toEqual(["kind", "clock", "memory", "offChip", "compute", "weights"]);
  expect(scratchpad!.properties.clock!.examples).toEqual(["200MHz"]);
});

test("no text crashes the parser, and every code it raises is in the table", () => {
  const damaged = fc
    .tuple(fc.nat(GOOD.length), fc.nat(20), fc.string({ maxLength: 12 }))
    .map(([at, cut, put]) => GOOD.slice(0, at) + put + GOOD.slice(at + cut));
  const setting = fc
    .tuple(fc.constantFrom("memory.size", "memory", "kind", "a.b.c", "memory.size.x", ""), fc.string())
    .map(([key, value]) => `${key}=${value}`);
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: "binary" })), fc.array(setting, { maxLength: 2 }), (yaml, settings) => {
      const result = applySettings(yaml, "t.yaml", settings);
      for (const { code, message, fix } of result.ok ? result.warnings : result.errors) {
        expect(Object.keys(targetCodes)).toContain(code);
        expect(message).not.toBe("");
        expect(fix).not.toBe("");
      }
    }),
    { numRuns: 1000 },
  );
});
