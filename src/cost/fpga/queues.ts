import { gatheredInterval, type Window, windowInterval } from "./window.js";

/**
 * Words that must be able to wait in front of a window so that words may come evenly, all of the map in `T` cycles,
 * and the window still keeps up with `T`; and the window's lag behind its map, as a share of a frame.
 *
 * @param words of a pixel. @param busy cycles the taker needs for each hand-over.
 * @param reuse pixels whose windows are gathered and handed over together; then `busy` is for all of them.
 * @see docs/math/pipeline.md, "Words that wait before a window and after an engine"
 */
export function waitingBefore(window: Window, words: number, busy: number, reuse = 1): { readonly words: number; readonly lag: number } {
  const { input } = window;
  const all = input.height * input.width * words;
  const { interval, startOf } = paceOf(window, words, busy, reuse);
  const columns = cornersAcross(window, reuse);
  let [most, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const y of cornersDown(window))
    for (const x of columns)
      for (const part of words === 1 ? [0] : reuse === 1 ? [0, words - 1] : [words - 1]) {
        const ahead = needed(window, words, y, x, part) / all - startOf(y, x, part) / interval;
        [most, least] = [Math.max(most, ahead), Math.min(least, ahead)];
      }
  return { words: Math.ceil(all * (most - least + paddingBetweenFrames(window, words) / interval)) + 2, lag: most };
}

/** Pixels that must be able to wait behind an engine so that its results leave evenly, and by how much that delays them, as a share of a frame. */
export function waitingAfter(window: Window, words: number, busy: number, reuse = 1): { readonly pixels: number; readonly lag: number } {
  const all = window.outRows * window.outColumns;
  const { interval, startOf } = paceOf(window, words, busy, reuse);
  const ends = edges(window.outColumns, reuse).flatMap((x) => [x, lastOfGroup(x, window.outColumns, reuse)]);
  let [most, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const row of [0, window.outRows - 1])
    for (const column of new Set(ends)) {
      const ready = (startOf(row, column, words - 1) + Math.max(busy, 1)) / interval;
      const d = ready - (row * window.outColumns + column + 1) / all;
      [most, least] = [Math.max(most, d), Math.min(least, d)];
    }
  return { pixels: Math.ceil(all * (most - least) - ROUNDING) + 1, lag: most + 1 / all };
}

/** Words that can wait before a window, and pixels behind its engine. */
export interface Rooms {
  readonly before: number;
  readonly after: number;
}

/** What has to wait around an engine of which a frame takes `frame` cycles or more, if that is more than its own interval: less than at its own pace. */
export function roomsOver(window: Window, words: number, busy: number, reuse: number, frame: number): Rooms {
  const own = {
    before: waitingBefore(window, words, busy, reuse).words,
    after: waitingAfter(window, words, busy, reuse).pixels,
  };
  if (frame <= paceOf(window, words, busy, reuse).interval) return own;
  const { most, after } = evenedOver(window, words, busy, reuse, frame);
  return most <= own.before ? { before: most, after: Math.min(after, own.after) } : own;
}

/**
 * Cycles by which the results of an engine come after what it reads, where words come evenly, all of the map in `frame` cycles, and results
 * leave evenly: from when words begin to come to when results begin to leave, and to when the last result is there.
 *
 * @param frame at least the interval of the engine. The longer, the less does an engine delay that has to wait for its words anyhow.
 * @param room words that can wait before the window.
 * @see docs/math/pipeline.md, "Words that wait before a window and after an engine"
 */
export function lagOf(
  window: Window,
  words: number,
  busy: number,
  reuse: number,
  frame: number,
  room: number,
): { readonly begins: number; readonly ends: number } {
  const { begins, ends, before } = evenedOver(window, words, busy, reuse, frame);
  if (before <= room) return { begins, ends };
  const lag = frame * waitingBefore(window, words, busy, reuse).lag;
  return { begins: lag + frame * waitingAfter(window, words, busy, reuse).lag, ends: lag + frame };
}

/**
 * An engine that works as late as results leaving evenly allow. `before` words and `after` pixels are enough for that; `most` words also if
 * a frame takes longer.
 */
function evenedOver(window: Window, words: number, busy: number, reuse: number, frame: number) {
  const { input, outRows, outColumns } = window;
  const { interval, startOf } = paceOf(window, words, busy, reuse);
  const [come, leave] = [frame / (input.height * input.width * words), frame / (outRows * outColumns)];
  const rows = descending(cornersDown(window).flatMap((y) => [y, y + 1])).filter((y) => y < outRows);
  const columns = descending(cornersAcross(window, reuse));
  const parts = words === 1 || reuse > 1 ? [words - 1] : [0, words - 1];
  const evenly = (y: number, x: number) => (y * outColumns + x) * leave;
  const endOf = (y: number, x: number) => startOf(y, x, words - 1) + Math.max(busy, 1);
  /** How late a result is against an even flow, if the engine goes on at its own pace. Of pixels that share a sweep the first is. */
  const late = (y: number, x: number) => endOf(y, x) - evenly(y, firstOfGroup(x, reuse));

  // Of all results from one on, those of the next frame among them, the one that is late the most.
  let latest = interval - frame + Math.max(...rows.flatMap((y) => columns.map((x) => late(y, x))));
  const last = Math.max(latest, late(outRows - 1, outColumns - 1)) - endOf(outRows - 1, outColumns - 1);
  let [begins, least, leastLater, excess] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (const y of rows)
    for (const x of columns) {
      const own = late(y, x);
      latest = Math.max(latest, own);
      excess = Math.max(excess, latest - own + (x - firstOfGroup(x, reuse)) * leave);
      for (const part of parts) {
        const comes = needed(window, words, y, x, part) * come;
        begins = Math.max(begins, comes - startOf(y, x, part) + latest);
        least = Math.min(least, comes - startOf(y, x, part) + own);
        leastLater = Math.min(leastLater, comes - evenly(y, x));
      }
    }
  const waiting = (from: number) => Math.ceil((begins - from + paddingAtMost(window, words)) / come - ROUNDING) + 2;
  return {
    begins,
    ends: begins - last,
    before: waiting(least),
    most: waiting(Math.min(least, leastLater)),
    after: Math.ceil(excess / leave - ROUNDING) + 1,
  };
}

/** Steps of a sweep over the weights, outermost first. */
interface Sweep {
  readonly group: number;
  readonly channel: number;
  readonly filter: number;
  readonly kernel: number;
}

/**
 * Banks of results behind an engine whose pixels share sweeps, one for each sweep: so many that one is free again when a sweep comes to
 * its first result, if results leave at a word per cycle. A sweep's bank can be read `stages` cycles after its end.
 */
export function resultBanks({ group, channel, filter, kernel }: Sweep, reuse: number, stages: number): number {
  const ofChannel = reuse * filter * kernel;
  const sweep = ofChannel * channel * group;
  const giving = sweep - (channel - 1) * ofChannel;
  return Math.max(2, Math.ceil((stages + 2 + reuse * filter * group + giving) / sweep));
}

/** Of differences of shares that are equal. */
const ROUNDING = 1e-9;

/** First pixels of a row's first and last two groups. */
function edges(columns: number, reuse: number): readonly number[] {
  const last = Math.ceil(columns / reuse) - 1;
  return [0, 1, last - 1, last].filter((group) => group >= 0 && group <= last).map((group) => group * reuse);
}

const firstOfGroup = (x: number, reuse: number): number => x - (x % reuse);
const lastOfGroup = (x: number, columns: number, reuse: number): number => Math.min(columns, (Math.floor(x / reuse) + 1) * reuse) - 1;

/** When hand-overs begin at the earliest, in cycles since the frame's first: of word `part` of the window in row `y` and column `x`. */
export function paceOf(window: Window, words: number, busy: number, reuse: number) {
  const { columns, strideY, strideX, outColumns } = window;
  if (reuse > 1) {
    const groups = Math.ceil(outColumns / reuse);
    const next = Math.max(busy, reuse * strideX * words);
    const last = Math.max(busy, (outColumns - (groups - 1) * reuse) * strideX * words);
    const turn = Math.max(busy, (strideY * columns - (outColumns - 1) * strideX + (Math.min(reuse, outColumns) - 1) * strideX) * words);
    const row = turn + (groups === 1 ? 0 : (groups - 2) * next + last);
    const begins = (group: number) => (group === groups - 1 && group > 0 ? (group - 1) * next + last : group * next);
    return {
      interval: gatheredInterval(window, words, reuse, busy),
      startOf: (y: number, x: number, _part: number) => y * row + begins(Math.floor(x / reuse)),
    };
  }
  const each = Math.max(busy, 1);
  const pixel = (words - 1) * each + Math.max(busy, (strideX - 1) * words + 1);
  const turn = Math.max(busy, (strideY * columns - (outColumns - 1) * strideX - 1) * words + 1);
  const row = (outColumns - 1) * pixel + (words - 1) * each + turn;
  return {
    interval: windowInterval(window, words, busy),
    startOf: (y: number, x: number, part: number) => y * row + x * pixel + part * each,
  };
}

/** Words of the frame that window `y, x` has read when its word `part` is complete. */
export function needed(window: Window, words: number, y: number, x: number, part: number): number {
  const { input, sparseY, sparseX } = window;
  const down = y * window.strideY + window.spanY - 1 - window.top;
  const across = x * window.strideX + window.spanX - 1 - window.left;
  const row = Math.floor(down / sparseY);
  const column = Math.floor(across / sparseX);
  if (down < 0) return 0;
  if (row >= input.height) return input.height * input.width * words;
  if (row * sparseY < down) return (row + 1) * input.width * words;
  if (across < 0) return row * input.width * words;
  if (column >= input.width) return (row + 1) * input.width * words;
  const before = (row * input.width + column) * words;
  return column * sparseX < across ? before + words : before + part + 1;
}

/** Rows of windows, and columns of those that are waited for in a group, among which are all the extremes of what is linear between them. */
const cornersDown = ({ outRows, strideY, spanY, top, input, sparseY }: Window): readonly number[] =>
  corners(outRows, strideY, spanY, top, input.height, sparseY);

function cornersAcross({ outColumns, strideX, spanX, left, input, sparseX }: Window, reuse: number): readonly number[] {
  const across = corners(outColumns, strideX, spanX, left, input.width, sparseX);
  if (reuse === 1) return across;
  return [...new Set([...across, ...edges(outColumns, reuse)].map((x) => lastOfGroup(x, outColumns, reuse)))];
}

const descending = (list: readonly number[]): readonly number[] => [...new Set(list)].sort((a, b) => b - a);

/** Positions of a window along one axis at which `needed` may bend: the ends, and where it meets an edge of the map. */
function corners(outs: number, stride: number, span: number, before: number, length: number, sparse: number): readonly number[] {
  const enters = Math.ceil((before - span + 1) / stride);
  const leaves = Math.floor(((length - 1) * sparse + before - span + 1) / stride);
  const near = [0, enters - 1, enters, leaves, leaves + 1, outs - 1];
  // Between the rows of a transposed convolution the need rises in steps.
  const steps = sparse === 1 ? [] : Array.from({ length: sparse }, (_, s) => [s, outs - 1 - s, leaves - s]).flat();
  return [...new Set([...near, ...steps])].filter((at) => at >= 0 && at < outs);
}

/** Padding words between the hand-overs of two rows, or of two frames. */
const paddingAtMost = (window: Window, words: number): number =>
  Math.max(paddingBetweenFrames(window, words), (window.sparseY * window.columns - window.input.width) * words);

/** Padding words from the last hand-over of a frame to the first word of the next. */
function paddingBetweenFrames(window: Window, words: number): number {
  const { rows, columns, top, left, input, outRows, outColumns, strideY, strideX, spanY, spanX, sparseY, sparseX } = window;
  const last = ((outRows - 1) * strideY + spanY - 1) * columns + (outColumns - 1) * strideX + spanX - 1;
  const lastOfMap = (top + (input.height - 1) * sparseY) * columns + left + (input.width - 1) * sparseX;
  return (rows * columns - 1 - Math.max(last, lastOfMap) + top * columns + left) * words;
}
