/**
 * The first version of each domain that has the operator, as the change logs of the ONNX standard state it.
 * Later versions that only admit more element types are not listed; rules read `opset` where meaning changed.
 */
const STANDARD: Readonly<Record<number, string>> = {
  1:
    "Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Clip Concat Constant Conv ConvTranspose " +
    "DepthToSpace Div Dropout Elu Equal Exp Flatten Floor GRU Gather Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool " +
    "Greater HardSigmoid Hardmax Identity If InstanceNormalization LRN LSTM LeakyRelu Less Log LogSoftmax Loop " +
    "LpNormalization LpPool MatMul Max MaxPool MaxRoiPool Mean Min Mul Neg Not Or PRelu Pad Pow RNN RandomNormal " +
    "RandomNormalLike RandomUniform RandomUniformLike Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp " +
    "ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Selu Shape Sigmoid Size Slice " +
    "Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose Unsqueeze Xor " +
    "Affine ImageScaler ParametricSoftplus ScaledTanh",
  7: "Acos Asin Atan Cos Multinomial Sin Tan Upsample",
  8: "Expand Scan",
  9:
    "Acosh Asinh Atanh Compress ConstantOfShape Cosh Erf EyeLike IsNaN MaxUnpool MeanVarianceNormalization NonZero " +
    "OneHot Scatter Shrink Sign Sinh TfIdfVectorizer Where",
  10:
    "ConvInteger DequantizeLinear IsInf MatMulInteger Mod NonMaxSuppression QLinearConv QLinearMatMul QuantizeLinear " +
    "Resize ReverseSequence RoiAlign StringNormalizer ThresholdedRelu",
  11:
    "BitShift ConcatFromSequence CumSum Det DynamicQuantizeLinear GatherElements GatherND Range Round ScatterElements " +
    "ScatterND SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SplitToSequence Unique",
  12: "Celu Einsum GreaterOrEqual LessOrEqual NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
  14: "HardSwish Trilu",
  15: "Bernoulli CastLike Optional OptionalGetElement OptionalHasElement",
  16: "GridSample",
  17: "BlackmanWindow DFT HammingWindow HannWindow LayerNormalization MelWeightMatrix STFT SequenceMap",
  18: "BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Col2Im GroupNormalization Mish",
  19: "DeformConv",
  20: "AffineGrid Gelu ImageDecoder RegexFullMatch StringConcat StringSplit",
  23: "Attention RMSNormalization RotaryEmbedding",
  24: "Swish TensorScatter",
  26: "BitCast CumProd",
  27: "CausalConvWithState LinearAttention",
};

const CLASSICAL: Readonly<Record<number, string>> = {
  1:
    "ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder " +
    "LinearClassifier LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsembleClassifier " +
    "TreeEnsembleRegressor ZipMap",
  5: "TreeEnsemble",
};

const TRAINING: Readonly<Record<number, string>> = { 1: "Adagrad Adam Gradient Momentum" };

const PREVIEW: Readonly<Record<number, string>> = { 1: "FlexAttention" };

const DOMAINS = new Map([
  ["", { newest: 28, since: byName(STANDARD) }],
  ["ai.onnx.ml", { newest: 5, since: byName(CLASSICAL) }],
  ["ai.onnx.preview", { newest: 1, since: byName(PREVIEW) }],
  ["ai.onnx.preview.training", { newest: 1, since: byName(TRAINING) }],
  ["ai.onnx.training", { newest: 1, since: byName(TRAINING) }],
]);

/** `ai.onnx` may be written out or left empty. */
export const plainDomain = (domain: string): string => (domain === "ai.onnx" ? "" : domain);

/** The first version of `domain` that has the operator; undefined for domains and operators outside the standard. */
export const operatorSince = (domain: string, type: string): number | undefined => DOMAINS.get(plainDomain(domain))?.since.get(type);

/** Every operator of a standard domain, of any version. */
export const operatorsOf = (domain: string): readonly string[] => [...(DOMAINS.get(plainDomain(domain))?.since.keys() ?? [])];

/** The newest version of a standard domain that the rules know; undefined for other domains. */
export const newestOpset = (domain: string): number | undefined => DOMAINS.get(plainDomain(domain))?.newest;

function byName(table: Readonly<Record<number, string>>): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(table).flatMap(([since, names]) => names.split(" ").map((name): [string, number] => [name, Number(since)])),
  );
}
