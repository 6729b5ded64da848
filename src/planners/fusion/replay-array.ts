import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import { arrayCycles, bufferBytes } from "../../cost/array/array.js";
import { checkMapping } from "../../cost/nest/mapping.js";
import { aroundTile, prepareTile, tileCost } from "../../cost/nest/tile.js";
import type { FusionProblem, Layer, LayerId, TileMapping } from "./plan.js";
import { bytesOf } from "./replay-buffers.js";

/** What computing a tile of a layer costs on chip: cycles of array or vector unit, picojoules of the memories between. */
export interface Computing {
  readonly cycles: number;
  readonly memories: number;
}

/** Costs of tiles as the judge finds them, and what was wrong with the mappings that it had to use. */
export interface ArrayView {
  readonly computing: (layer: LayerId, rows: number, columns: number) => Computing;
  readonly violations: readonly Diagnostic[];
}

/**
 * The array of `problem`. A custom one computes as `mappings` say, each of which is checked and costed when a tile first
 * needs it; a tile without a sound one costs nothing and is a violation.
 *
 * @param where names the list of mappings in violations
 */
export function arrayOf(problem: FusionProblem, mappings: readonly TileMapping[], where: string): ArrayView {
  const { layers, machine } = problem;
  const { array } = machine;
  const violations: Diagnostic[] = [];
  const known = layers.map(() => new Map<number, Computing>());
  const given = new Map(mappings.map(({ layer, rows, columns }, i) => [keyOf(layer, rows, columns), i]));
  const around = array.template === "custom" ? aroundTile(array.hierarchy) : undefined;

  function mapped(l: LayerId, rows: number, columns: number): Computing {
    const at = given.get(keyOf(l, rows, columns));
    const say = (code: Code, place: string, message: string, fix: string) => {
      violations.push(fail(code, place, message, fix));
      return { cycles: 0, memories: 0 };
    };
    const layer = layers[l]!;
    if (at === undefined)
      return say(
        "FUS-13",
        where,
        `no mapping of ${layer.name} for tiles of ${rows} x ${columns}`,
        "plan again; report this if it comes back",
      );
    const place = `${where}[${at}]`;
    const { shape } = layer;
    const tile = prepareTile(
      around!,
      { shape, widths: { ...widthsOf(problem, layer), weight: factorBits(problem, layer) } },
      rows,
      columns,
    );
    const checked = checkMapping(mappings[at]!.mapping, tile);
    if (!checked.ok) {
      violations.push(...checked.errors.map((error) => ({ ...error, where: `${place}.${error.where}` })));
      return { cycles: 0, memories: 0 };
    }
    const { cycles, picojoules, fits } = tileCost(tile, checked.value);
    return fits
      ? { cycles, memories: picojoules }
      : say(
          "FUS-13",
          place,
          `what the memories are to hold at a time of ${layer.name} does not fit them`,
          "report this: the planner miscounts",
        );
  }

  function computing(l: LayerId, rows: number, columns: number): Computing {
    const layer = layers[l]!;
    const { kind, shape } = layer;
    const { input, output } = widthsOf(problem, layer);
    const perByte = machine.energy.buffer;
    switch (kind) {
      case "mac":
        return around !== undefined && rows > 0 && columns > 0
          ? mapped(l, rows, columns)
          : around !== undefined
            ? { cycles: 0, memories: 0 }
            : {
                cycles: arrayCycles(array, shape, rows, columns),
                memories: perByte * bufferBytes(array, shape, rows, columns, widthsOf(problem, layer)),
              };
      case "vector":
        return {
          cycles: Math.ceil((shape.outputs * rows * columns) / machine.vector),
          memories: perByte * bytesOf(input + output, shape.outputs * rows * columns),
        };
      case "move":
        return { cycles: 0, memories: 0 };
    }
  }

  return {
    violations,
    computing(l, rows, columns) {
      const key = rows * (layers[l]!.computed.width + 1) + columns;
      let cost = known[l]!.get(key);
      if (cost === undefined) {
        cost = computing(l, rows, columns);
        known[l]!.set(key, cost);
      }
      return cost;
    },
  };
}

const keyOf = (layer: LayerId, rows: number, columns: number): string => `${layer} ${rows} ${columns}`;

/** Bits of what a layer touches; those of a weight follow from the bytes of all, biases included. */
function widthsOf({ machine, maps }: FusionProblem, layer: Layer) {
  const { reads, writes, weights } = layer;
  const output = maps[writes]!.bits;
  const input = reads.length > 0 ? maps[reads[0]!.map]!.bits : output;
  return { input, weight: (8 * weights) / macsOf(layer), sum: machine.accumulatorBits, output };
}

/** Bits of one element of what the data are multiplied by. */
function factorBits(problem: FusionProblem, layer: Layer): number {
  const { input, weight } = widthsOf(problem, layer);
  return layer.factorBits ?? (layer.weights > 0 ? weight : input);
}

/** Multiply-accumulates of one computed element in all channels. */
export const macsOf = ({ kind, shape }: Layer): number =>
  kind === "mac" ? ((shape.outputs * shape.inputs) / shape.groups) * shape.kernel.height * shape.kernel.width : 0;
