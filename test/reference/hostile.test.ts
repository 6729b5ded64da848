import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Checked } from "../../src/base/diagnostic.js";
import type { Graph } from "../../src/graph/graph.js";
import { peakLiveBytes } from "../../src/graph/liveness.js";
import { parseBinding } from "../../src/onnx/bindings.js";
import { importOnnx } from "../../src/onnx/import.js";

const FOLDER = process.env.STOWAGE_HOSTILE ?? "../shared/hostile";
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((f) => f.endsWith(".onnx")) : [];
if (files.length === 0) console.warn(`skipped: no hostile models in ${FOLDER} (set STOWAGE_HOSTILE)`);

const read = (name: string, binds: readonly string[] = []): Checked<Graph> =>
  importOnnx(readFileSync(join(FOLDER, name)), {
    name,
    bindings: binds.flatMap((text) => {
      const binding = parseBinding(text);
      return binding.ok ? [binding.value] : [];
    }),
    external: (location) => {
      throw new Error(`opened ${location}`);
    },
  });

/** What each kind of file, told by the number its name begins with, must get. Files of other kinds must only do no harm. */
const EXPECTED: Readonly<Record<string, (result: Checked<Graph>, name: string) => void>> = {
  // 32 x 32 x 16 x 27 + 32 x 32 x 8 x 144 MACs; at the Relu two tensors of 65,536 B are alive.
  "00": (r) => expect(figures(r)).toEqual({ macs: 1_622_016, parameters: 1_584, peak: 131_072 }),
  "01": refused("ONX-1", /at byte \d+/),
  "02": refused("ONX-12", /"n1", "n2", "n3"|"n2", "n3", "n1"|"n3", "n1", "n2"/),
  "03": refused("ONX-11", /w_missing/, /conv_y/),
  "04": (r, name) => {
    refused("ONX-6", /"N".*"H".*"x\[3\]"/)(r);
    refused("ONX-6", /"H".*"x\[3\]"/)(read(name, ["N=2"]));
    expect(read(name, ["N=2", "H=32", "x[3]=48"])).toMatchObject({ ok: true });
  },
  "05": refused("ONX-13", /-224/),
  "06": (r) => expect(r.ok && r.value.tensors.filter((t) => t.shape.includes(0)).map((t) => t.size)).toEqual([0]),
  "07": refused("ONX-18", /FrobnicateSpectral.*com\.example\.unknown/),
  "08": warned("ONX-43"),
  "08b": warned("ONX-43"),
  "08c": warned("ONX-44"),
  "08d": warned("ONX-43"),
  "08e": warned("ONX-43"),
  "08f": refused("ONX-15", /4611686018427387904/),
  "09": refused("ONX-10", /"a"|"dup"/),
  "10": (r) => expect(r.ok && [r.value.operators.length, peakLiveBytes(r.value)]).toEqual([10_000, 8_192]),
  "10b": (r) => {
    warned("ONX-41")(r);
    expect(r.ok && [r.value.operators.length, peakLiveBytes(r.value)]).toEqual([10_000, 8_192]);
  },
  "11": refused("ONX-14", /2147483648/),
  "11b": refused(/ONX-1[47]/, /2\^53|1 TiB|2\^48|281474976710656/),
  "11c": refused(/ONX-1[47]/, /2\^53|1 TiB|2\^48|281474976710656/),
  "12": refused("ONX-5", /LayerNormalization.*opset 5.*17/),
  "12b": warned("ONX-40"),
  "12c": refused("ONX-4", /opset_import/),
  "13": refused("ONX-17", /8 against 9/, /conv_y/),
  "14": refused("ONX-17", /strides/, /conv_y/),
};

function figures(result: Checked<Graph>) {
  if (!result.ok) throw new Error(result.errors[0].message);
  const { operators, parameters } = result.value;
  return { macs: operators.reduce((n, op) => n + op.macs, 0), parameters: parameters.elements, peak: peakLiveBytes(result.value) };
}

function refused(code: string | RegExp, message: RegExp, where = /./) {
  return (result: Checked<Graph>) => {
    const errors = result.ok ? [] : result.errors;
    expect(
      errors.some((e) => new RegExp(code).test(e.code) && message.test(e.message) && where.test(e.where)),
      JSON.stringify(errors),
    ).toBe(true);
  };
}

function warned(code: string) {
  return (result: Checked<Graph>) => expect(result.ok && result.warnings.map((w) => w.code)).toContain(code);
}

describe.skipIf(files.length === 0)("hostile models", () => {
  test.each(files)("%s", (name) => {
    const result = read(name);
    if (!result.ok)
      for (const error of result.errors) {
        expect(error.where).toContain(name);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
        expect(error.message + error.fix).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    EXPECTED[name.split("_")[0] ?? ""]?.(result, name);
  });
});
