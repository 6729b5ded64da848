import { execFile } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { EmittedFile } from "../../src/emit/file.js";

const run = promisify(execFile);

const missing = ["iverilog", "vvp", "verilator", "yosys"].filter((tool) => !present(tool));

/** Whether tests of hardware are left out: tools are absent and nobody insists on them. */
export const skipped = missing.length > 0 && process.env.STOWAGE_REQUIRE_TOOLS !== "1";
if (skipped) console.warn(`hardware tests skipped: ${missing.join(", ")} not found; on Debian: apt-get install iverilog verilator yosys`);

function present(tool: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Writes the files into a new folder. */
export function written(files: readonly EmittedFile[]): string {
  const folder = mkdtempSync(join(tmpdir(), "stowage-rtl-"));
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export const removed = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** What a command prints, run in `cwd` by the shell, so that file names may hold `*`. */
const output = async (cwd: string, command: string): Promise<string> =>
  (await run("sh", ["-c", command], { cwd, maxBuffer: 2 ** 26 })).stdout;

/** Compiles for Icarus Verilog; the function simulates. */
export async function icarus(folder: string, sources: string): Promise<(options?: string) => Promise<string>> {
  await output(folder, `iverilog -g2005 -Wall -o icarus.vvp ${sources} 2>&1`);
  return (options = "") => output(folder, `vvp -n icarus.vvp ${options}`);
}

/** Compiles the module `top`, whose clock is a port, for Verilator; the function simulates. */
export async function verilator(folder: string, top: string, sources: string): Promise<(options?: string) => Promise<string>> {
  await output(folder, `verilator --cc --exe --build -O3 -CFLAGS -O1 -Wno-WIDTH --top-module ${top} ${sources} 2>&1`);
  return (options = "") => output(folder, `obj_dir/V${top} ${options}`);
}

/** Warnings of Verilator's strictest check of what is to be hardware. */
export const lint = (folder: string, top: string, sources: string): Promise<string> =>
  output(folder, `verilator --lint-only -Wall -Wno-DECLFILENAME --top-module ${top} ${sources} 2>&1`);

/** How many cells of each kind Yosys finds in each module for a device family, when it has come to the step `until`. */
export async function synthesised(
  folder: string,
  top: string,
  sources: string,
  family: "xcup" | "xc7",
  // Mapping the rest of the logic takes long and changes no memory.
  until = "map_ffram",
): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const uram = family === "xcup" ? "-uram" : "";
  const script = `read_verilog ${sources}; synth_xilinx -family ${family} ${uram} -top ${top} -run begin:${until}; opt_clean; tee -q -o cells.txt stat`;
  await output(folder, `yosys -q -p '${script}' 2>&1`);
  const text = await output(folder, "cat cells.txt");
  return Object.fromEntries(
    text
      .split(/^=== /m)
      .slice(1)
      .map((part) => [
        part.slice(0, part.indexOf(" ")),
        Object.fromEntries([...part.matchAll(/^ {5}(\S+) +(\d+)$/gm)].map(([, cell, n]) => [cell, Number(n)])),
      ]),
  );
}

/** Lines of a simulation that are JSON. */
export const told = (text: string): readonly Readonly<Record<string, string | number>>[] =>
  text.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
