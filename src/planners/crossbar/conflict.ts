import { fail } from "../../base/diagnostic.js";
import type { Outcome } from "../../base/outcome.js";
import { slicesOf } from "../../cost/crossbar/encoding.js";
import { ENCODINGS } from "../../target/crossbar-target.js";
import { codingsOf } from "./codings.js";
import type { Matrix } from "./images.js";
import type { CrossbarProblem } from "./plan.js";

/** Why no choice was found: a layer that no crossbar can hold, or rows that are too few for what the search looks at. */
export function unplaced(problem: CrossbarProblem, matrices: readonly Matrix[]): Outcome<never> {
  const { machine, sharing = 1, encoding, mostCellWrites } = problem;
  const stuck = matrices.find((matrix) => codingsOf(matrix, sharing, problem).length === 0);
  if (stuck === undefined) {
    const unlaid = `${matrices.length} layers were not laid on ${machine.crossbars} crossbars of ${machine.rows} x ${machine.columns} cells`;
    return {
      status: "unknown",
      ...(mostCellWrites === undefined
        ? { reason: `${unlaid}; each layer needs at least a row of its own`, fix: "take more crossbars, or crossbars of more rows" }
        : {
            reason: `no plan was found within mostCellWrites ${mostCellWrites}: ${unlaid}`,
            fix: "allow more with --set mostCellWrites=..., or take more crossbars",
          }),
    };
  }
  const outputs = Math.min(sharing, stuck.outputs);
  const slices = Math.min(...(encoding === undefined ? ENCODINGS : [encoding]).map((e) => slicesOf(e, stuck.bits, machine.cellBits)));
  const needed = outputs * slices;
  if (needed <= machine.columns)
    return {
      status: "infeasible",
      conflict: {
        ...fail(
          "XBR-42",
          `layer ${stuck.name}`,
          `${encoding} cannot hold ${-(2 ** (stuck.bits - 1))}${encoding === "magnitude" && sharing > 1 ? `, nor share an order among ${sharing} outputs` : ""}`,
          "choose another encoding, or leave it to the search",
        ),
        figures: { sharing, bits: stuck.bits },
      },
    };
  return {
    status: "infeasible",
    conflict: {
      ...fail(
        "XBR-41",
        `layer ${stuck.name}`,
        `${outputs} outputs that share an order take ${needed} cells side by side; a crossbar has ${machine.columns}`,
        "share orders among fewer outputs, or take wider crossbars or cells of more bits",
      ),
      figures: { neededColumns: needed, availableColumns: machine.columns },
    },
  };
}
