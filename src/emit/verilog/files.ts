import { bad, type Checked, type Diagnostic, fail, good } from "../../base/diagnostic.js";
import type { Accepted } from "../../base/verdict.js";
import type { Graph } from "../../graph/graph.js";
import type { Weights } from "../../onnx/weight-values.js";
import { asBuilt, type PipelinePlan, type PipelineProblem } from "../../planners/pipeline/plan.js";
import type { EmittedFile } from "../file.js";
import { integersOf } from "../integer/integers.js";
import { type LayerWeights, layerWeights } from "../integer/weights.js";
import { machineFiles } from "./machine-files.js";
import { weightFiles } from "./weight-files.js";

/**
 * The hardware of an accepted plan as Verilog, with its weights, testbenches and what they must show; a folder for each partition where
 * there are several. Without hardware for some layer, the weight paths alone, with a warning that names it (EXP-47).
 *
 * @param graph the network that was planned; `undefined` for the weight paths alone.
 * @param weights of the model that was planned.
 * @returns every weight that is not at hand or does not fit its layer (ONX-21, ONX-22, EXP-40, EXP-41).
 */
export function verilogFiles(
  posed: PipelineProblem,
  accepted: Accepted<PipelinePlan>,
  weights: Weights,
  graph: Graph | undefined,
): Checked<readonly EmittedFile[]> {
  const problem = asBuilt(posed, accepted.plan.partitions);
  const errors: Diagnostic[] = [];
  const kept = <T>(checked: Checked<T>): T | undefined => {
    if (checked.ok) return checked.value;
    errors.push(...checked.errors);
    return undefined;
  };
  const integers = problem.layers.map((layer, id): LayerWeights | undefined =>
    layer.weights === undefined ? undefined : kept(layerWeights(problem, id, weights)),
  );
  const { partitions } = accepted.plan;
  const network = graph === undefined || errors.length > 0 ? undefined : integersOf(problem, graph, weights, integers);
  const missing = new Map<number, string>();
  const files =
    errors.length > 0
      ? []
      : partitions.flatMap((_, p) => {
          const folder = partitions.length === 1 ? "" : `partition-${p + 1}/`;
          const path = kept(weightFiles(problem, accepted, p, integers));
          if (path === undefined) return [];
          const machine = network && machineFiles(problem, accepted.plan, p, network, path);
          if (machine && "missing" in machine) for (const { layer, reason } of machine.missing) missing.set(layer, reason);
          const all = [...path.files, ...(machine && "files" in machine ? machine.files : [])];
          return all.map(({ path: file, text }) => ({ path: folder + file, text }));
        });
  const [first, ...rest] = errors;
  if (first !== undefined) return bad(first, ...rest);
  const whole = network !== undefined && missing.size === 0;
  return good(
    [...files, { path: "README.md", text: readme(partitions.length, whole) }],
    missing.size === 0 ? [] : [incomplete(problem, [...missing])],
  );
}

/** Layers named one by one. */
const NAMED = 6;

function incomplete({ layers }: PipelineProblem, missing: readonly (readonly [number, string])[]): Diagnostic {
  const named = missing
    .slice(0, NAMED)
    .map(([layer, reason]) => `${layers[layer]!.type} ${JSON.stringify(layers[layer]!.name)}: ${reason}`);
  const more = missing.length > NAMED ? `; and ${missing.length - NAMED} more` : "";
  return fail(
    "EXP-47",
    "engines",
    `the weight paths alone are written, as ${missing.length} of ${layers.length} layers have no hardware here: ${named.join("; ")}${more}`,
    "the weight paths are complete; build the engines around them",
  );
}

const readme = (partitions: number, whole: boolean): string => `# Hardware of a pipeline plan

${partitions === 1 ? "" : `One folder for each of the ${partitions} configurations of the device. In each:\n\n`}- \`rtl/\`: the weight path in Verilog-2005; its top is \`weight_path\`
- \`data/\`: init files of its memories, the image of the streamed weights in DRAM (\`dram.hex\`, a beat of the bus per line), the table of
  slots (\`slots.hex\`), and per layer the words of a sweep (\`sweep_*.hex\`)
- \`sim/\`: a testbench that takes the weights at the pace of the plan
- \`expected.json\`: what it must show, as the plan's replay foresees it
${whole ? MACHINE : ""}
Files are named from here, so run everything in this folder:

    iverilog -g2005 -o weight_path.vvp rtl/*.v sim/*.v && vvp -n weight_path.vvp
    verilator --cc --exe --build -Wno-WIDTH --top-module testbench rtl/*.v sim/testbench.v sim/main.cpp && obj_dir/Vtestbench
    yosys -p "read_verilog rtl/*.v; synth_xilinx -family xcup -top weight_path; stat"
${whole ? COMMANDS : ""}
The last line of a simulation is PASS or FAIL; \`+rate=N\` gives the link another rate, in 1/65536 bit per cycle.
`;

const MACHINE = `- \`machine/\`: the engines of all layers, their windows and the streams between them; the top is \`accelerator\`
- \`frames/\`: a testbench that feeds random frames to engines and weight path together, and compares every result with the integer reference
- \`expected-frames.json\`: the cycle in which each frame's last result leaves, with a frame every \`cyclesPerFrame\` cycles and, with
  \`+eager\`, with each frame as soon as it is taken
`;

const COMMANDS = `    verilator --cc --exe --build -O3 -Wno-WIDTH --top-module frames_testbench rtl/*.v machine/*.v frames/testbench.v frames/main.cpp && obj_dir/Vframes_testbench
    iverilog -g2005 -o frames.vvp -s frames_simulation rtl/*.v machine/*.v frames/*.v && vvp -n frames.vvp
`;
