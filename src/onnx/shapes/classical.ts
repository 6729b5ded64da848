import type { ElementType } from "../../graph/element-type.js";
import type { Dim, NodeView, Value } from "../node.js";
import { ofRank } from "./dims.js";
import { keeps } from "./elementwise.js";
import { forEachOf, operand, type Rules, type Shape, shapeOf, tensor, typeAttribute, typeOf } from "./rule.js";

/** ai.onnx.ml: classical models over rows of features, data `[N, F]` or `[F]`. */
export const CLASSICAL: Rules = {
  ...forEachOf("Binarizer Imputer", keeps),
  ...forEachOf("Normalizer Scaler", (view) => [tensor("float32", shapeOf(view, 0))]),
  ArrayFeatureExtractor: (view) => {
    const [data, indices] = [shapeOf(view, 0), shapeOf(view, 1)];
    if (data === undefined || indices === undefined) return [tensor(typeOf(view, 0), undefined)];
    const count = indices[indices.length - 1] ?? null;
    return [tensor(typeOf(view, 0), data.length === 1 ? [1, count] : [...data.slice(0, -1), count])];
  },
  CastMap: () => [tensor(undefined, undefined)],
  CategoryMapper: (view) => [tensor(typeOf(view, 0) === "string" ? "int64" : "string", shapeOf(view, 0))],
  DictVectorizer: (view) => {
    const size = view.strings("string_vocabulary")?.length ?? view.ints("int64_vocabulary")?.length ?? null;
    return [tensor(undefined, [1, size])];
  },
  FeatureVectorizer: (view) => {
    const sizes = view.ints("inputdimensions");
    return [tensor("float32", [rows(operand(view, 0).shape), sizes?.reduce((a, b) => a + b, 0) ?? null])];
  },
  LabelEncoder: (view) => [tensor(labelType(view), shapeOf(view, 0))],
  OneHotEncoder: (view) => {
    const size = view.ints("cats_int64s")?.length ?? view.strings("cats_strings")?.length ?? null;
    const shape = shapeOf(view, 0);
    return [tensor("float32", shape === undefined ? undefined : [...shape, size])];
  },
  LinearClassifier: (view) => classifier(view, "classlabels_ints", "classlabels_strings"),
  SVMClassifier: (view) => classifier(view, "classlabels_ints", "classlabels_strings"),
  TreeEnsembleClassifier: (view) => classifier(view, "classlabels_int64s", "classlabels_strings"),
  LinearRegressor: (view) => [tensor("float32", [rows(shapeOf(view, 0)), view.int("targets") ?? 1])],
  SVMRegressor: (view) => [tensor("float32", [rows(shapeOf(view, 0)), 1])],
  TreeEnsembleRegressor: (view) => [tensor("float32", [rows(shapeOf(view, 0)), view.int("n_targets") ?? 1])],
  TreeEnsemble: (view) => [tensor(typeOf(view, 0), [rows(shapeOf(view, 0)), view.int("n_targets") ?? null])],
  ZipMap: () => [
    {
      kind: "sequence",
      elementType: undefined,
      shape: undefined,
      constant: false,
      element: { kind: "map", elementType: undefined, shape: undefined, constant: false },
    },
  ],
};

/** A vector is one row. */
const rows = (shape: Shape | undefined): Dim =>
  shape === undefined ? null : shape.length === 1 ? 1 : (ofRank(shape, 2, "the features")[0] ?? null);

/** Labels `[N]` and scores `[N, classes]`; binary models may store one score but put out two. */
function classifier(view: NodeView, ints: string, strings: string): readonly Value[] {
  const [numbers, names] = [view.ints(ints), view.strings(strings)];
  const classes = names?.length || numbers?.length || null;
  const n = rows(shapeOf(view, 0));
  return [tensor(names?.length ? "string" : "int64", [n]), tensor("float32", [n, classes === 1 ? null : classes])];
}

/** LabelEncoder names its values by the attribute that holds them. */
function labelType(view: NodeView): ElementType | undefined {
  if (view.strings("values_strings")) return "string";
  if (view.ints("values_int64s")) return "int64";
  if (view.floats("values_floats")) return "float32";
  if (view.strings("classes_strings")) return typeOf(view, 0) === "string" ? "int64" : "string";
  return view.tensor("values_tensor")?.elementType ?? typeAttribute(view, "values_type", undefined);
}
