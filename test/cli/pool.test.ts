import { afterEach, expect, test } from "vitest";
import { type Pool, startPool } from "../../src/node/pool.js";
import { root } from "../sources.js";

/** Doubles what it is given, from its input on; throws at 13, ends its thread at 14, never comes back from 15. */
const ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { servePool } from ${JSON.stringify(`file://${root}dist/node/pool.js`)};
    servePool((start) => async (n) => {
      if (n === 13) throw new Error("unlucky");
      if (n === 14) process.exit(0);
      if (n === 15) await new Promise(() => setInterval(() => {}, 1000));
      return start + 2 * n;
    });
  `)}`,
);

let pool: Pool<number, number>;
const open = (width: number): Pool<number, number> => {
  pool = startPool<number, number, number>(ENTRY, 100, width);
  return pool;
};
afterEach(() => pool.end());

test("more tasks than threads: each gets its own answer", async () => {
  const { run } = open(3);
  expect(await Promise.all(Array.from({ length: 12 }, (_, n) => run(n)))).toEqual(Array.from({ length: 12 }, (_, n) => 100 + 2 * n));
});

test("what the work throws rejects, and the thread goes on", async () => {
  const { run } = open(1);
  await expect(run(13)).rejects.toThrow("unlucky");
  expect(await run(1)).toBe(102);
});

test("a thread that ends before its work does rejects", async () => {
  await expect(open(1).run(14)).rejects.toThrow("a thread ended");
});

test("ended, tasks under way and waiting come to nothing", async () => {
  const { run, end } = open(1);
  const tasks = [run(15), run(1), run(2)];
  end();
  expect(await Promise.all(tasks)).toEqual([undefined, undefined, undefined]);
  expect(await run(3)).toBeUndefined();
});
