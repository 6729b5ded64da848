import type { Workload } from "../accesses.js";
import type { BufferId, StepId } from "../plan.js";

/** What COSMA calls a tensor: one content of a buffer, from its birth to its last reader. */
export interface Content {
  readonly buffer: BufferId;
  /** Step it is born of; -1 where it lies off chip before the first step. */
  readonly producer: StepId;
  /** Content that it replaces in place, -1 for none. That content's last reader is the producer of this one. */
  readonly replaces: number;
  /** Steps during which it is resident, its birth aside; each once, however often the operator names it. */
  readonly readers: readonly StepId[];
  /** A copy lies off chip, or will in any case: an input, a weight, the last content of a network output. */
  readonly copied: boolean;
}

/** Contents and positions that a programme ranges over. Positions count 0, 1, ... along the order. */
export interface Frame {
  readonly contents: readonly Content[];
  /** Steps that must run before a step although it reads nothing of theirs: they read, or wrote, what it overwrites. */
  readonly after: readonly (readonly StepId[])[];
  /** First and last position at which a step may run. */
  readonly earliest: Int32Array;
  readonly latest: Int32Array;
}

/** @param order `free`: a step may run wherever its ancestors and descendants leave room; `model`: at its own position. */
export function frameOf(workload: Workload, order: "free" | "model"): Frame {
  const { contents, after } = contentsOf(workload);
  const n = workload.steps.length;
  const earliest = Int32Array.from({ length: n }, (_, s) => s);
  const latest = earliest.slice();
  if (order === "free") {
    const before: Uint8Array[] = [];
    latest.fill(n - 1);
    for (let s = 0; s < n; s++) {
      const mine = new Uint8Array(n);
      for (const p of predecessors(contents, after, s)) {
        mine[p] = 1;
        before[p]!.forEach((is, q) => {
          if (is) mine[q] = 1;
        });
      }
      earliest[s] = 0;
      mine.forEach((is, p) => {
        if (!is) return;
        earliest[s]! += 1;
        latest[p]! -= 1;
      });
      before.push(mine);
    }
  }
  return { contents, after, earliest, latest };
}

const predecessors = (contents: readonly Content[], after: Frame["after"], step: StepId): readonly StepId[] => [
  ...contents.flatMap(({ producer, readers }) => (producer >= 0 && readers.includes(step) ? [producer] : [])),
  ...after[step]!,
];

/** Contents in the order of their birth, those of one buffer one after the other as the model's order makes them. */
function contentsOf({ buffers, steps }: Workload): Pick<Frame, "contents" | "after"> {
  interface Draft extends Content {
    readonly readers: StepId[];
  }
  const contents: Draft[] = [];
  const current = new Int32Array(buffers.length).fill(-1);
  const writesLeft = new Int32Array(buffers.length);
  for (const { writes } of steps) for (const b of new Set(writes)) writesLeft[b]! += 1;
  const add = (content: Omit<Draft, "readers">) => {
    current[content.buffer] = contents.push({ ...content, readers: [] }) - 1;
  };
  const after = steps.map(({ reads, writes }, step) => {
    for (const b of new Set(reads)) {
      if (current[b] === -1) add({ buffer: b, producer: -1, replaces: -1, copied: true });
      contents[current[b]!]!.readers.push(step);
    }
    const overwritten = [...new Set(writes)].flatMap((b) => (current[b] === -1 ? [] : [contents[current[b]!]!]));
    const earlier = overwritten.flatMap(({ readers, producer }) => [...readers, producer].filter((s) => s >= 0 && s !== step));
    for (const b of new Set(writes)) {
      writesLeft[b]! -= 1;
      const replaces = reads.includes(b) ? current[b]! : -1;
      add({ buffer: b, producer: step, replaces, copied: buffers[b]!.keep && writesLeft[b] === 0 });
    }
    return [...new Set(earlier)];
  });
  return { contents, after };
}
