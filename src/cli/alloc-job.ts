/** Runs in a thread of its own: everything `alloc` does short of writing files and printing. */
import { type Allocated, alloc } from "../api.js";
import { bytes } from "../base/units.js";
import { outputProblems, readTextFile } from "../node/files.js";
import { type Signals, serve } from "../node/thread.js";
import { bytesText, exactBytesText, percentText } from "../report/format.js";
import { done, EXIT, type Finished, failed } from "./finish.js";

export interface AllocRequest {
  /** Path of the CSV. */
  readonly buffers: string;
  /** Bytes. */
  readonly capacity: number;
  readonly minimize: boolean;
  readonly nodes: number;
  readonly seed: number;
  /** Path of what is to be written. */
  readonly out: string | undefined;
}

async function allocJob({ buffers, capacity, minimize, nodes, seed, out }: AllocRequest, { stop, progress }: Signals): Promise<Finished> {
  const text = readTextFile(buffers);
  if (!text.ok) return failed(EXIT.badInput, text.errors);
  const problems = outputProblems(out === undefined ? [] : [out], [buffers]);
  if (problems.length > 0) return failed(EXIT.badInput, problems);
  const allocated = alloc({ name: buffers, text: text.value }, bytes(capacity), minimize, { seed, nodes, stop, progress });
  if (!allocated.ok) return failed(EXIT.badInput, allocated.errors);
  return { ...finished(allocated.value, out), warnings: allocated.warnings };
}

function finished(allocated: Allocated, out: string | undefined): Finished {
  if (allocated.kind === "refused") return failed(EXIT.refused, allocated.violations);
  const { document } = allocated;
  if (allocated.kind === "none") {
    const exit = document.status === "infeasible" ? EXIT.infeasible : EXIT.noPlan;
    return failed(exit, [allocated.reason], { json: JSON.stringify(document) });
  }
  const { buffers, capacityBytes, peakBytes = 0, boundBytes = 0, gap = 0 } = document;
  const size = (n: number) => `${bytesText(n)} (${exactBytesText(n)})`;
  const note = [
    `${buffers.length} buffers packed into ${bytesText(capacityBytes)}, verified`,
    `peak ${size(peakBytes)}, no packing has less than ${size(boundBytes)}: ${gap === 0 ? "optimal" : `gap ${percentText(gap)}`}`,
  ].join("\n");
  return out === undefined
    ? done(allocated.csv, document, { verbatim: true, note })
    : done(note, document, { files: [{ path: out, text: allocated.csv }] });
}

await serve(allocJob);
