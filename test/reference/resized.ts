import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Graph } from "../../src/graph/graph.js";
import { importOnnx } from "../../src/onnx/import.js";
import { ModelProtoSchema } from "../../src/onnx/proto/onnx_pb.js";

/** Operators that end the convolutional part: classifiers, and the decoding of detections for one image size. */
const ENDS = new Set(["GlobalAveragePool", "AveragePool", "Flatten", "Reshape", "Gemm"]);

/** The convolutional part of a model for images of `size` x `size`; every tensor that only the rest would read is an output. */
export function convolutionalPart(folder: string, file: string, size: number): Graph {
  const model = fromBinary(ModelProtoSchema, readFileSync(join(folder, file)));
  const graph = model.graph;
  if (graph === undefined) throw new Error(`${file} has no graph`);
  const beyond = new Set<string>();
  const nodes = graph.node.filter((node) => {
    const ends = ENDS.has(node.opType) || node.input.some((name) => beyond.has(name));
    if (ends) for (const name of node.output) beyond.add(name);
    return !ends;
  });
  const read = new Set(nodes.flatMap(({ input }) => input));
  graph.node = nodes.filter(({ opType, output }) => opType !== "Constant" || output.some((name) => read.has(name)));
  graph.valueInfo = [];
  const weights = new Set(graph.initializer.map(({ name }) => name));
  for (const { name, type } of graph.input)
    if (!weights.has(name) && type?.value.case === "tensorType")
      for (const axis of [2, 3]) type.value.value.shape!.dim[axis]!.value = { case: "dimValue", value: BigInt(size) };
  const results = graph.node.flatMap(({ output }) => output).filter((name) => !read.has(name));
  const [like] = graph.output;
  graph.output = results.map((name) => ({ $typeName: like!.$typeName, name, docString: "", metadataProps: [] }));
  const imported = importOnnx(toBinary(ModelProtoSchema, model), { name: file, bindings: [] });
  if (!imported.ok) throw new Error(`${file}: ${imported.errors[0].message}`);
  return imported.value;
}
