import type { EmittedFile } from "../../src/emit/file.js";
import type { ExpectedFrames } from "../../src/emit/verilog/machine-files.js";
import { icarus, removed, told, verilator, written } from "./tools.js";

/** What a simulation of the whole machine showed: the cycle in which each frame's last result left, and wrong words. */
export interface Shown {
  readonly ends: readonly number[];
  readonly errors: number;
  readonly passed: boolean;
}

const SOURCES = "rtl/*.v machine/*.v";

/** Simulates with frames at the planned pace and, where asked, with every frame as soon as it is taken. */
export async function simulated(
  files: readonly EmittedFile[],
  tool: "icarus" | "verilator",
  options: readonly string[] = [""],
): Promise<readonly Shown[]> {
  const folder = written(files);
  try {
    const simulate =
      tool === "icarus"
        ? await icarus(folder, `-s frames_simulation ${SOURCES} frames/*.v`)
        : await verilator(folder, "frames_testbench", `${SOURCES} frames/testbench.v frames/main.cpp`);
    const shown: Shown[] = [];
    for (const option of options) shown.push(shownIn(await simulate(option)));
    return shown;
  } finally {
    removed(folder);
  }
}

function shownIn(text: string): Shown {
  const ends: number[] = [];
  let errors = -1;
  for (const line of told(text)) {
    if ("frame" in line) ends[Number(line.frame)] = Math.max(ends[Number(line.frame)] ?? 0, Number(line.end));
    if ("errors" in line) errors = Number(line.errors);
  }
  return { ends, errors, passed: /^PASS$/m.test(text) };
}

export const foreseen = ({ endCycles, eagerEndCycles }: ExpectedFrames): readonly Shown[] =>
  [endCycles, eagerEndCycles].map((ends) => ({ ends, errors: 0, passed: true }));

/** Cycles between neighbours. */
export const steps = (ends: readonly number[]): readonly number[] => ends.slice(1).map((end, i) => end - ends[i]!);
