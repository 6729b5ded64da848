import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { macsOf, nestsOf } from "../nest-machine.js";

const folder = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "models");
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
if (files.length === 0) console.warn(`skipped: no reference models in ${folder} (set STOWAGE_REFERENCE)`);

interface Layer {
  readonly name: string;
  readonly op: string;
  readonly in_shapes: readonly (readonly number[] | null)[];
  readonly out_shapes: readonly (readonly number[])[];
  readonly attrs: Readonly<Record<string, number | string | readonly number[]>>;
  readonly macs: number;
}

// The reference counts layer by layer from shapes and attributes. It does not name operator domains: a convolution whose
// shapes only fit channels-last (QONNX) is one.
describe.skipIf(files.length === 0)("multiply-accumulates per layer against the reference", () => {
  test.each(files)("%s", (file) => {
    const { mac_layers: layers } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { mac_layers: readonly Layer[] };
    const ours = layers.map(({ name, op, in_shapes, out_shapes, attrs }) => {
      const node = { type: op, attributes: attrs, inputs: in_shapes.map((shape) => shape ?? undefined), outputs: out_shapes };
      const nests = nestsOf(node);
      return [name, macsOf(nests.length > 0 ? nests : nestsOf({ ...node, domain: "qonnx.custom_op.channels_last" }))];
    });
    expect(ours).toEqual(layers.map(({ name, macs }) => [name, macs]));
  });
});
