// A hardware search of 1,000 points: node bench/explore.mjs [model] [workers]
// Array sizes x buffer sizes x bandwidths of the VWA array. Prints how many points were planned and pruned, and the time.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [model = "mobilenetv2", workers = "2"] = process.argv.slice(2);
const SPACE = `
base: vwa
axes:
  array.blocks: { from: 2, to: 20, step: 2 }
  buffers.size: { from: 64KiB, to: 640KiB, step: 64KiB }
  offChip.bandwidth: [0.5GB/s, 0.8GB/s, 1GB/s, 1.6GB/s, 2GB/s, 3.2GB/s, 4GB/s, 6.4GB/s, 8GB/s, 12.8GB/s]
`;

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "stowage-explore-"));
try {
  writeFileSync(join(folder, "space.yaml"), SPACE);
  const since = performance.now();
  const told = execFileSync(process.execPath, [main, "explore", model, "--space", "space.yaml", "--workers", workers, "--json"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  const seconds = (performance.now() - since) / 1000;
  const { count, counts, front } = JSON.parse(told);
  const without = count - counts.planned - counts.pruned;
  console.log("| network | workers | points | planned | pruned | without a plan | on the front | s |\n|---|---|---|---|---|---|---|---|");
  console.log(
    `| ${model} | ${workers} | ${count} | ${counts.planned} | ${counts.pruned} | ${without} | ${front.length} | ${seconds.toFixed(1)} |`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
