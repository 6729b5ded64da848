import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { root } from "../sources.js";

/** The built program; `npm test` builds it first. */
export const main = `${root}dist/cli/main.js`;
if (!existsSync(main)) throw new Error("dist/cli/main.js is missing: run `npm run build`");

export interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Most memory the process held at once, all its threads. */
  readonly peakKilobytes: number;
}

/** Runs `stowage` with the arguments and waits for its end. */
export const stowage = (args: readonly string[], cwd: string = root): Promise<Ended> => started([main, ...args], cwd).ended;

/** Runs Node with `args`. Its memory comes out through a fourth pipe, written when the process exits. */
export function started(args: readonly string[], cwd: string = root): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, ["--import", METER, ...args], { cwd, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const [stdout, stderr, meter] = [1, 2, 3].map((i) => {
    const chunks: Buffer[] = [];
    child.stdio[i]?.on("data", (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString("utf8");
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (exit) => resolve({ exit, stdout: stdout!(), stderr: stderr!(), peakKilobytes: Number(meter!()) }));
  });
  return { child, ended };
}

const METER = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  if (isMainThread) process.on("exit", () => { try { writeSync(3, String(process.resourceUsage().maxRSS)); } catch {} });
`)}`;

/** The one JSON document on stdout; throws where there is anything else. */
export const documentOf = (ended: Ended) => JSON.parse(ended.stdout);

/** The codes at the line starts of stderr. */
export const codesOf = ({ stderr }: Ended): readonly string[] => [...stderr.matchAll(/^([A-Z]{3}-\d+) /gm)].map((m) => m[1]!);

/** A folder that lives as long as one test. */
export function scratch(): (name?: string) => string {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stowage-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return (name = "") => join(folder, name);
}
