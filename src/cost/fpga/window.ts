/** Kernel, strides and padding over a map; `Kernel` of the pipeline's layers is one. */
export interface WindowShape {
  readonly height: number;
  readonly width: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** A window that slides over a padded map, as the chain of line buffers and registers sees it. */
export interface Window {
  /** The map, and where it lies in the padded one. */
  readonly input: Plane;
  readonly top: number;
  readonly left: number;
  /** Every so many rows and columns of the padded map come from the map, those between are zeros; 1: all come from it. */
  readonly sparseY: number;
  readonly sparseX: number;
  /** Padded map. */
  readonly rows: number;
  readonly columns: number;
  readonly strideY: number;
  readonly strideX: number;
  /** Rows and columns the window covers, dilation included. */
  readonly spanY: number;
  readonly spanX: number;
  /** Positions in it. */
  readonly height: number;
  readonly width: number;
  readonly dilationY: number;
  readonly dilationX: number;
  /** Windows of the output map. */
  readonly outRows: number;
  readonly outColumns: number;
}

export interface Plane {
  readonly height: number;
  readonly width: number;
}

/** The window of a convolution or pooling. */
export const windowOf = (kernel: WindowShape, input: Plane, output: Plane): Window => ({
  ...placed(kernel, output),
  input,
  top: kernel.top,
  left: kernel.left,
  sparseY: 1,
  sparseX: 1,
  rows: input.height + kernel.top + kernel.bottom,
  columns: input.width + kernel.left + kernel.right,
  strideY: kernel.strideY,
  strideX: kernel.strideX,
});

/**
 * The window of a transposed convolution: `stride - 1` zeros enter between pixels and rows, as padding does, and the
 * window moves by one.
 */
export function transposedWindowOf(kernel: WindowShape, input: Plane, output: Plane): Window {
  const window = placed(kernel, output);
  return {
    ...window,
    input,
    top: window.spanY - 1 - kernel.top,
    left: window.spanX - 1 - kernel.left,
    sparseY: kernel.strideY,
    sparseX: kernel.strideX,
    rows: output.height + window.spanY - 1,
    columns: output.width + window.spanX - 1,
    strideY: 1,
    strideX: 1,
  };
}

const placed = ({ height, width, dilationY, dilationX }: WindowShape, output: Plane) => ({
  height,
  width,
  dilationY,
  dilationX,
  spanY: (height - 1) * dilationY + 1,
  spanX: (width - 1) * dilationX + 1,
  outRows: output.height,
  outColumns: output.width,
});

/**
 * Cycles per frame of a window whose pixels are `words` words and whose taker needs `busy` cycles for each hand-over, of
 * which there is one per word of every window. Source: docs/math/pipeline.md, "Sliding window".
 */
export function windowInterval(window: Window, words: number, busy: number): number {
  const { rows, columns, strideY, strideX, outRows, outColumns } = window;
  const next = (strideX - 1) * words + 1;
  const row = (strideY * columns - (outColumns - 1) * strideX - 1) * words + 1;
  const frame = ((rows - (outRows - 1) * strideY) * columns - (outColumns - 1) * strideX - 1) * words + 1;
  return (
    outRows * outColumns * (words - 1) * Math.max(busy, 1) +
    outRows * (outColumns - 1) * Math.max(busy, next) +
    (outRows - 1) * Math.max(busy, row) +
    Math.max(busy, frame)
  );
}

/**
 * As `windowInterval`, where `reuse` windows of a row are gathered, all words of each, and taken together in `busy`
 * cycles while the next are gathered.
 */
export function gatheredInterval(window: Window, words: number, reuse: number, busy: number): number {
  const { rows, columns, strideY, strideX, outRows, outColumns } = window;
  const groups = Math.ceil(outColumns / reuse);
  // Columns by which the last window of a group lies right of that of the group before, and of the row's first window.
  const last = (outColumns - (groups - 1) * reuse) * strideX;
  const first = (Math.min(reuse, outColumns) - 1) * strideX;
  const span = (outColumns - 1) * strideX;
  const within = groups === 1 ? 0 : (groups - 2) * Math.max(busy, reuse * strideX * words) + Math.max(busy, last * words);
  const row = (strideY * columns - span + first) * words;
  const frame = ((rows - (outRows - 1) * strideY) * columns - span + first) * words;
  return outRows * within + (outRows - 1) * Math.max(busy, row) + Math.max(busy, frame);
}

/** A delay of the chain: so many of them, each of `length` words, the last of which is a register. */
export interface Delays {
  readonly count: number;
  readonly length: number;
}

/** The chain's delays between neighbours in a row, and from the end of one row of the window to the next. */
export function delaysOf({ columns, height, width, dilationY, dilationX }: Window, words: number): readonly Delays[] {
  const across = dilationX * words;
  return [
    { count: height * (width - 1), length: across },
    { count: height - 1, length: dilationY * columns * words - (width - 1) * across },
  ];
}
