import type { NodeView } from "./node.js";

/**
 * Operands that tell an operator about shapes instead of carrying data: shapes, axes, split sizes, starts,
 * scales, bit widths. As constants they occupy no memory of the accelerator and are no operands of the plan.
 * By operator type, positions of the inputs.
 */
const SHAPE_OPERANDS: Readonly<Record<string, readonly number[]>> = {
  AffineGrid: [1],
  CenterCropPad: [1],
  Col2Im: [1, 2],
  ConstantOfShape: [0],
  CumProd: [1],
  CumSum: [1],
  DFT: [1, 2],
  Dropout: [1, 2],
  Expand: [1],
  MaxUnpool: [2],
  NonMaxSuppression: [2, 3, 4],
  OneHot: [1],
  Pad: [1, 3],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [1, 2, 3],
  ReduceL1: [1],
  ReduceL2: [1],
  ReduceLogSum: [1],
  ReduceLogSumExp: [1],
  ReduceMax: [1],
  ReduceMean: [1],
  ReduceMin: [1],
  ReduceProd: [1],
  ReduceSum: [1],
  ReduceSumSquare: [1],
  STFT: [1, 3],
  Slice: [1, 2, 3, 4],
  Split: [1],
  SplitToSequence: [1],
  Squeeze: [1],
  Tile: [1],
  TopK: [1],
  Trilu: [1],
  Unsqueeze: [1],
  Upsample: [1],
  Quant: [3],
  IntQuant: [3],
  Trunc: [3, 4],
};

const TABLE = new Map(Object.entries(SHAPE_OPERANDS));

/** Whether the constant at `input` tells the operator about shapes only. Resize of opset 10 has its scales at input 1 as well. */
export const isShapeOperand = (view: Pick<NodeView, "type">, input: number): boolean => TABLE.get(view.type)?.includes(input) ?? false;
