import { broadcast } from "./dims.js";
import { type Rules, shapeOf, tensor } from "./rule.js";

export const TEXT: Rules = {
  StringConcat: (view) => [tensor("string", broadcast([shapeOf(view, 0), shapeOf(view, 1)]))],
  RegexFullMatch: (view) => [tensor("bool", shapeOf(view, 0))],
  StringSplit: (view) => {
    const shape = shapeOf(view, 0);
    return [tensor("string", shape === undefined ? undefined : [...shape, null]), tensor("int64", shape)];
  },
  StringNormalizer: (view) => {
    const shape = shapeOf(view, 0);
    // Without stop words nothing is dropped; a result without elements is replaced by one empty string.
    const drops = (view.strings("stopwords")?.length ?? 0) > 0;
    const empty = shape?.includes(0) === true;
    return [tensor("string", drops || empty ? shape?.map((d, i) => (i === shape.length - 1 ? null : d)) : shape)];
  },
  TfIdfVectorizer: (view) => {
    const [shape, indexes] = [shapeOf(view, 0), view.ints("ngram_indexes")];
    const size = indexes === undefined || indexes.length === 0 ? null : Math.max(...indexes) + 1;
    return [tensor("float32", shape === undefined ? undefined : [...shape.slice(0, -1), size])];
  },
};
