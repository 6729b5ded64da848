// What Yosys makes of the modules that we emit, over the grids of modules.mjs: node bench/synthesis/measure.mjs [module]...
// Runs on what `npm run build` (or `npx tsc -b tsconfig.core.json`) wrote to dist/, with Yosys from Debian (apt install yosys). Results stand
// in measured.json; fit.mjs turns them into weights of the cost formulas.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { print } from "../../dist/emit/verilog/print.js";
import { MODULES } from "./modules.mjs";

const FILE = new URL("measured.json", import.meta.url);
const known = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : { tool: "", rows: [] };
const chosen = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(MODULES);

/** LUTs of the cells that are not plain LUTs. Source: AMD UG974, sizes of distributed RAM. */
const RAM_LUTS = {
  SRL16E: 1,
  SRLC32E: 1,
  RAM32X1D: 2,
  RAM64X1D: 2,
  RAM128X1D: 4,
  RAM256X1D: 8,
  RAM32M: 4,
  RAM64M: 4,
  RAM32M16: 8,
  RAM64M8: 8,
  RAM32X16DR8: 8,
  RAM64X8SW: 8,
  RAM64X1S: 1,
  RAM128X1S: 2,
  RAM256X1S: 4,
  RAM512X1S: 8,
};
const BLOCKS = { RAMB18E2: 1, RAMB36E2: 2 };

function synthesised(modules, files) {
  const folder = mkdtempSync(join(tmpdir(), "synthesis-"));
  try {
    writeFileSync(join(folder, "in.v"), print(modules));
    mkdirSync(join(folder, "data"));
    for (const { path, lines } of files) writeFileSync(join(folder, path), `${lines.join("\n")}\n`);
    const script = `read_verilog in.v; synth_xilinx -family xcup -noiopad -noclkbuf -nowidelut -flatten -top ${modules[0].name}; tee -q -o out.json stat -json`;
    execFileSync("yosys", ["-q", "-p", script], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const cells = Object.entries(JSON.parse(readFileSync(join(folder, "out.json"), "utf8")).design.num_cells_by_type);
    const count = (worth) => cells.reduce((n, [type, number]) => n + worth(type) * number, 0);
    return {
      lut: count((type) => (/^LUT\d$/.test(type) ? 1 : (RAM_LUTS[type] ?? 0))),
      ff: count((type) => (/^FD/.test(type) ? 1 : 0)),
      dsp: count((type) => (/^DSP48/.test(type) ? 1 : 0)),
      bram18: count((type) => BLOCKS[type] ?? 0),
      uram: count((type) => (/^URAM/.test(type) ? 1 : 0)),
      memoryLut: count((type) => RAM_LUTS[type] ?? 0),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rows = known.rows.filter(({ module }) => !chosen.includes(module) && MODULES[module]);
for (const module of chosen) {
  const { points, emit, files = () => [] } = MODULES[module];
  const begun = Date.now();
  for (const point of points) rows.push({ module, point, measured: synthesised(emit(point), files(point)) });
  console.log(`${module}: ${points.length} points in ${((Date.now() - begun) / 1000).toFixed(0)} s`);
}
const order = Object.keys(MODULES);
rows.sort((a, b) => order.indexOf(a.module) - order.indexOf(b.module));
const tool = execFileSync("yosys", ["-V"], { encoding: "utf8" }).trim();
writeFileSync(FILE, `{ "tool": ${JSON.stringify(tool)}, "rows": [\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n] }\n`);
execFileSync("npx", ["biome", "format", "--write", fileURLToPath(FILE)], { stdio: "ignore" });
