import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Progress } from "../search/budget.js";

/** What a job hears from outside while it runs: its share of a `Budget`. */
export interface Signals {
  readonly stop: () => boolean;
  readonly progress: (p: Progress) => void;
}

export interface Running<Result> {
  /** Rejects where the job threw, its memory ran out, or it was aborted. */
  readonly result: Promise<Result>;
  /** Asks the job to hand over what it has. */
  readonly stop: () => void;
  /** Ends the thread at once; there is no result. */
  readonly abort: () => void;
}

type Message<Result> = { readonly kind: "progress"; readonly progress: Progress } | { readonly kind: "result"; readonly result: Result };

/** Longest wait a timer of Node can hold; about 24 days. */
const LONGEST = 2 ** 31 - 1;
const PROGRESS_MILLISECONDS = 100;

/**
 * Starts the job that `entry` serves in a thread of its own, so that this one stays free to hear Ctrl-C.
 *
 * @param entry a module that calls `serve`
 * @param input plain data, copied
 * @param seconds after these the job is asked to stop, as by `stop`
 */
export function start<Input, Result>(entry: URL, input: Input, seconds: number, onProgress: (p: Progress) => void): Running<Result> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const stop = () => Atomics.store(flag, 0, 1);
  const worker = new Worker(entry, { workerData: { input, flag } });
  const timer = setTimeout(stop, Math.min(LONGEST, seconds * 1000));
  const result = new Promise<Result>((resolve, reject) => {
    worker.on("message", (message: Message<Result>) => {
      if (message.kind === "progress") onProgress(message.progress);
      else resolve(message.result);
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("the search was aborted"))); // after a result: too late to matter
  }).finally(() => clearTimeout(timer));
  return { result, stop, abort: () => void worker.terminate() };
}

/** The other side: takes the input, does the work, posts the result. */
export async function serve<Input, Result>(work: (input: Input, signals: Signals) => Promise<Result>): Promise<void> {
  if (isMainThread || parentPort === null) return;
  const port = parentPort;
  const { input, flag } = workerData as { readonly input: Input; readonly flag: Int32Array };
  let next = 0;
  const post = (message: Message<Result>) => port.postMessage(message);
  const result = await work(input, {
    stop: () => Atomics.load(flag, 0) === 1,
    progress: (progress) => {
      const now = performance.now();
      if (now < next) return;
      next = now + PROGRESS_MILLISECONDS;
      post({ kind: "progress", progress });
    },
  });
  post({ kind: "result", result });
}
