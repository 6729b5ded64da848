import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** Threads that all serve the same module. */
export interface Pool<Task, Result> {
  /** Hands a task to a free thread, and waits for one where none is. Rejects where the work threw; undefined after `end`. */
  readonly run: (task: Task) => Promise<Result | undefined>;
  /** Ends all threads at once; what they were at is lost. */
  readonly end: () => void;
}

type Answer<Result> = { readonly ok: true; readonly result: Result } | { readonly ok: false; readonly error: Error };

/**
 * Starts `width` threads.
 *
 * @param entry a module that calls `servePool`
 * @param input plain data, copied once to each thread
 */
export function startPool<Input, Task, Result>(entry: URL, input: Input, width: number): Pool<Task, Result> {
  const workers = Array.from({ length: width }, () => new Worker(entry, { workerData: { input } }));
  const free = [...workers];
  const waiting: ((worker: Worker | undefined) => void)[] = [];
  let ended = false;

  const taken = (): Promise<Worker | undefined> | Worker | undefined =>
    ended ? undefined : (free.pop() ?? new Promise((resolve) => waiting.push(resolve)));

  const given = (worker: Worker): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(worker);
    else next(worker);
  };

  return {
    async run(task) {
      const worker = await taken();
      if (worker === undefined || ended) return undefined;
      const answer = await ask<Result>(worker, task);
      if (ended) return undefined;
      given(worker);
      if (answer.ok) return answer.result;
      throw answer.error;
    },
    end() {
      ended = true;
      for (const resolve of waiting.splice(0)) resolve(undefined);
      for (const worker of workers) void worker.terminate();
    },
  };
}

function ask<Result>(worker: Worker, task: unknown): Promise<Answer<Result>> {
  return new Promise((resolve) => {
    const settle = (answer: Answer<Result>): void => {
      worker.off("message", settle).off("error", failed).off("exit", gone);
      resolve(answer);
    };
    const failed = (error: Error): void => settle({ ok: false, error });
    const gone = (): void => settle({ ok: false, error: new Error("a thread ended before its work did") });
    worker.on("message", settle).on("error", failed).on("exit", gone);
    worker.postMessage(task);
  });
}

/** The other side: takes the input once, then works off tasks one by one. */
export function servePool<Input, Task, Result>(prepare: (input: Input) => (task: Task) => Promise<Result>): void {
  if (isMainThread || parentPort === null) return;
  const port = parentPort;
  const work = prepare((workerData as { readonly input: Input }).input);
  port.on("message", async (task: Task) => {
    const answer: Answer<Result> = await work(task).then(
      (result) => ({ ok: true, result }),
      (error: unknown) => ({ ok: false, error: error instanceof Error ? error : new Error(String(error)) }),
    );
    port.postMessage(answer);
  });
}
