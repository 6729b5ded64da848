import { type Command, Option } from "commander";
import type { AllocRequest } from "./alloc-job.js";
import { capacity, nodes, seconds, seed } from "./arguments.js";
import { finish } from "./finish.js";
import { NODES } from "./plan.js";
import { search } from "./search.js";

const SECONDS = 60;

interface Options {
  readonly capacity: number;
  readonly minimize?: true;
  readonly time: number;
  readonly nodes: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: true;
}

export function addAlloc(program: Command): void {
  program
    .command("alloc")
    .summary("pack buffers with given lifetimes into a memory")
    .description(
      "Gives every buffer of BUFFERS, a CSV in MiniMalloc's form (id,lower,upper,size[,alignment]), an offset, lets the judge look, and writes the file with a column `offset`.",
    )
    .argument("<buffers>", "a CSV file; lifetimes are half-open, sizes in bytes")
    .requiredOption("--capacity <size>", "size of the memory, e.g. 1MiB", capacity)
    .option("--minimize", "look for the lowest peak, not only for one within the capacity")
    .addOption(
      new Option("--time <duration>", "stop the search after this time, e.g. 30s or 5min")
        .argParser(seconds)
        .default(SECONDS, `${SECONDS}s`),
    )
    .option("--nodes <count>", "stop the search after this many nodes, so that the result is the same on every machine", nodes, NODES)
    .option("--seed <number>", "seed of every random choice", seed, 1)
    .option("--out <file>", "write the CSV there; without it the CSV goes to stdout")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage alloc buffers.csv --capacity 1MiB --out packed.csv\n")
    .action(async (buffers: string, { json, time, ...options }: Options) => {
      const request: AllocRequest = {
        buffers,
        capacity: options.capacity,
        minimize: options.minimize === true,
        nodes: options.nodes,
        seed: options.seed,
        out: options.out,
      };
      finish(await search(new URL("./alloc-job.js", import.meta.url), request, time), json === true);
    });
}
