import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { autowsDsps, autowsInterval, autowsPooling } from "../../src/cost/fpga/autows.js";
import { type Mover, moverCost } from "../../src/cost/fpga/movers.js";
import { type WindowShape, windowOf } from "../../src/cost/fpga/window.js";

const FOLDER = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "autows");

/** Configurations with the report they belong to: `X_config.json` and `X_report.json`. */
const cases = existsSync(FOLDER)
  ? readdirSync(FOLDER).flatMap((file) => {
      const name = file.replace(/_config\.json$/, "");
      return name !== file && existsSync(join(FOLDER, `${name}_report.json`)) ? [name] : [];
    })
  : [];
if (cases.length === 0) console.warn(`skipped: no configurations with reports in ${FOLDER} (set STOWAGE_REFERENCE)`);

const read = (file: string) => JSON.parse(readFileSync(join(FOLDER, file), "utf8"));

interface Parameters {
  readonly [key: string]: number;
}
interface Layer {
  readonly name: string;
  readonly type: string;
  readonly parameters: Parameters & { readonly input_t: { readonly width: number }; readonly weight_t: { readonly width: number } };
}
interface Reported {
  readonly interval: number;
  readonly resource_usage: { readonly DSP: number };
}

const WEIGHTED = ["CONVOLUTION", "INNER_PRODUCT"];
/** Layers without weights, and what they are to us; the others stand between layers and are streams to us. */
const MOVERS: Readonly<Record<string, Mover["kind"]>> = { ACTIVATION: "elementwise", ELTWISE: "combine", AVERAGE_POOLING: "globalPooling" };

const plane = ({ rows_in, cols_in, channels_in }: Parameters) => ({ height: rows_in!, width: cols_in!, channels: channels_in!, bits: 8 });
const outPlane = ({ rows_out, cols_out, channels_out }: Parameters) => ({
  height: rows_out!,
  width: cols_out!,
  channels: channels_out!,
  bits: 8,
});

const kernelOf = (p: Parameters): WindowShape => ({
  height: p.kernel_rows ?? 1,
  width: p.kernel_cols ?? 1,
  strideY: p.stride_rows ?? 1,
  strideX: p.stride_cols ?? 1,
  dilationY: 1,
  dilationX: 1,
  top: p.pad_top ?? 0,
  left: p.pad_left ?? 0,
  bottom: p.pad_bottom ?? 0,
  right: p.pad_right ?? 0,
});

/** What our formulas say of a layer of the configuration; DSPs where the report counts those that we count. */
function ours({ type, parameters: p }: Layer): { readonly interval: number; readonly dsps?: number } | undefined {
  if (WEIGHTED.includes(type)) {
    const convolution = {
      window: windowOf(kernelOf(p), plane(p), outPlane(p)),
      channels: p.channels_in!,
      filters: p.channels_out!,
      groups: p.groups ?? 1,
      inputBits: p.input_t.width,
      outputBits: p.input_t.width,
      weightBits: p.weight_t.width,
      accumulatorBits: 32,
    };
    const copies = { in: p.coarse_in!, out: p.coarse_out!, group: p.coarse_group ?? 1, kernel: p.fine ?? 1 };
    return { interval: autowsInterval(convolution, copies), dsps: autowsDsps(convolution, copies) };
  }
  if (type === "POOLING") {
    return { interval: autowsPooling("ultrascale+", windowOf(kernelOf(p), plane(p), outPlane(p)), plane(p), p.coarse!, 8, false).interval };
  }
  const kind = MOVERS[type];
  return (
    kind && {
      interval: moverCost("ultrascale+", { kind, type: "Relu", output: outPlane(p) }, [plane(p)], p.coarse ?? p.coarse_in!).interval,
    }
  );
}

test.each(cases)("%s: intervals and DSPs of the report, from the unrolling of the configuration", (name) => {
  const layers = read(`${name}_config.json`).partition.flatMap(
    (part: { readonly layers: readonly Layer[] }) => part.layers,
  ) as readonly Layer[];
  const reported = Object.assign(
    {},
    ...Object.values<{ readonly layers: Readonly<Record<string, Reported>> }>(read(`${name}_report.json`).partitions).map(
      (part) => part.layers,
    ),
  ) as Readonly<Record<string, Reported>>;
  const compared = layers.flatMap((layer) => {
    const expected = ours(layer);
    const report = reported[layer.name];
    return expected === undefined || report === undefined ? [] : [{ layer, expected, report }];
  });
  expect(compared.filter(({ layer }) => WEIGHTED.includes(layer.type)).length).toBeGreaterThan(0);
  expect(compared.map(({ layer, expected }) => [layer.name, expected.interval, expected.dsps])).toEqual(
    compared.map(({ layer, expected, report }) => [
      layer.name,
      report.interval,
      expected.dsps === undefined ? undefined : report.resource_usage.DSP,
    ]),
  );
});
