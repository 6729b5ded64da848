import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rng } from "../../src/base/rng.js";
import { attributesOf, readerOf, UNSHAPED } from "../../src/onnx/attributes.js";
import { storedTensor } from "../../src/onnx/constant.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { Dim, Value } from "../../src/onnx/node.js";
import { type GraphProto, ModelProtoSchema, type TensorProto, type TypeProto, type ValueInfoProto } from "../../src/onnx/proto/onnx_pb.js";
import { inferNode, operatorSince } from "../../src/onnx/shapes/infer.js";
import { elementTypeOf } from "../../src/onnx/shapes/rule.js";
import { trimmed, viewOf } from "../../src/onnx/view.js";

const ARCHIVE = resolve(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "operators/operators.tar.gz");

/** File -> operators used and true shape of each output. */
type Expected = Readonly<Record<string, { readonly op: readonly string[]; readonly shapes: Readonly<Record<string, readonly number[]>> }>>;

/** How far the rules get on one output. `declared`: open to the operator, and settled by what the model declares. */
type Outcome = "equal" | "partly known" | "unknown" | "wrong";

describe.skipIf(!existsSync(ARCHIVE))(`operators of ${ARCHIVE}`, () => {
  let folder = "";
  let expected: Expected = {};
  const models = new Map<string, Uint8Array>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "stowage-operators-"));
    execFileSync("tar", ["-xzf", ARCHIVE, "-C", folder]);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const table = files.find((file) => file.endsWith("shapes.json"))!;
    expected = JSON.parse(readFileSync(join(folder, table), "utf8")) as Expected;
    for (const file of files.filter((f) => f.endsWith(".onnx"))) models.set(file.split("/").pop()!, readFileSync(join(folder, file)));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("tells at least 95 % of the shapes, and no wrong one", () => {
    const counts = { equal: 0, "partly known": 0, unknown: 0, wrong: 0 };
    let settledByDeclaration = 0;
    const open: string[] = [];
    const wrong: string[] = [];
    for (const [file, { shapes }] of Object.entries(expected)) {
      const { values, declared, faults } = infer(models.get(file)!);
      for (const fault of faults) wrong.push(`${file}: ${fault}`);
      for (const [output, truth] of Object.entries(shapes)) {
        const found = compare(values.get(output)?.shape, truth);
        counts[found]++;
        if (found === "wrong")
          wrong.push(`${file} ${output}: ${JSON.stringify(values.get(output)?.shape)}, true is ${JSON.stringify(truth)}`);
        if (found === "equal" || found === "wrong") continue;
        const settled = compare(declared.get(output), truth) === "equal";
        if (settled) settledByDeclaration++;
        open.push(`${file} ${output}: ${JSON.stringify(values.get(output)?.shape)}${settled ? "" : ", not declared either"}`);
      }
    }
    const total = counts.equal + counts["partly known"] + counts.unknown + counts.wrong;
    console.log(
      `${total} outputs of ${Object.keys(expected).length} models: ${JSON.stringify(counts)}; ${settledByDeclaration} of those open to the operator are declared; ` +
        `together ${(((counts.equal + settledByDeclaration) / total) * 100).toFixed(2)} %`,
    );
    if (process.env.STOWAGE_VERBOSE) console.log(open.join("\n"));
    expect(wrong).toEqual([]);
    expect((counts.equal + settledByDeclaration) / total).toBeGreaterThanOrEqual(0.95);
  });

  it("claims nothing wrong when less is known of the inputs", () => {
    const random = rng(1);
    const wrong: string[] = [];
    for (const [file, { shapes }] of Object.entries(expected))
      for (const share of [0.2, 0.5, 1]) {
        const { values, faults } = infer(models.get(file)!, () => random() < share);
        for (const fault of faults) wrong.push(`${file}: ${fault}`);
        for (const [output, truth] of Object.entries(shapes))
          if (compare(values.get(output)?.shape, truth) === "wrong")
            wrong.push(`${file} ${output}: ${JSON.stringify(values.get(output)?.shape)}, true is ${JSON.stringify(truth)}`);
      }
    expect(wrong).toEqual([]);
  });

  it("knows every operator, in the opset that uses it", () => {
    const missing = new Set<string>();
    for (const bytes of models.values()) {
      const model = fromBinary(ModelProtoSchema, bytes);
      const opset = Number(model.opsetImport.find((o) => o.domain === "")?.version ?? 1n);
      for (const node of model.graph!.node) {
        const since = operatorSince(node.domain, node.opType);
        if (since === undefined || since > opset) missing.add(`${node.opType}: first in opset ${since}, used in ${opset}`);
      }
    }
    expect([...missing]).toEqual([]);
  });
});

function compare(found: readonly Dim[] | undefined, truth: readonly number[]): Outcome {
  if (found === undefined) return "unknown";
  if (found.length !== truth.length || found.some((d, i) => d !== null && d !== truth[i])) return "wrong";
  return found.includes(null) ? "partly known" : "equal";
}

interface Inferred {
  readonly values: ReadonlyMap<string, Value>;
  /** Shapes the model declares for its outputs. */
  readonly declared: ReadonlyMap<string, readonly Dim[] | undefined>;
  readonly faults: readonly string[];
}

/**
 * Runs `inferNode` over a model by itself, so that what is counted is the rules' own.
 * @param hidden asked for each dimension of each input: whether it is to be unknown.
 */
function infer(bytes: Uint8Array, hidden: () => boolean = () => false): Inferred {
  const decoded = decodeModel(bytes, "operator.onnx");
  if (!decoded.ok) throw new Error(decoded.errors[0].message);
  const { graph, opsets } = decoded.value;
  const faults: string[] = [];
  const values = new Map<string, Value>();
  for (const input of graph.input) {
    const value = declaredValue(input.type);
    values.set(input.name, { ...value, shape: value.shape?.map((d) => (hidden() ? null : d)) });
  }

  function run(scope: Map<string, Value>, part: GraphProto): void {
    for (const proto of part.initializer) scope.set(proto.name, constantOf(proto, bytes)!);
    for (const node of part.node) {
      const named = { type: node.opType, domain: node.domain, name: node.name, outputs: trimmed(node.output) };
      const inputs = trimmed(node.input).map((name) => (name === "" ? undefined : scope.get(name)));
      const attributes = readerOf(attributesOf(node, undefined));
      const view = viewOf(named, attributes, inputs, {
        opset: opsets.get(node.domain) ?? 1,
        tensor: (proto) => constantOf(proto, bytes),
        subgraph: (inner, _, given) => {
          const local = new Map(scope);
          inner.input.forEach(({ name }, i) => {
            local.set(name, given[i]!);
          });
          run(local, inner);
          return inner.output.map(({ name }) => local.get(name)!);
        },
      });
      const result = inferNode(view);
      if (result.kind === "fault") faults.push(`${node.opType}: ${result.message}`);
      if (node.domain === "") for (const { name, kind } of UNSHAPED) attributes.ofKind(name, kind);
      const misread = attributes.misread();
      if (misread !== undefined) faults.push(`${node.opType}: attribute ${misread.name} is ${misread.is}`);
      node.output.forEach((name, i) => {
        scope.set(
          name,
          result.kind === "values" ? result.values[i]! : { kind: "tensor", elementType: undefined, shape: undefined, constant: false },
        );
      });
    }
  }
  run(values, graph);
  return {
    values,
    declared: new Map(graph.output.map((output: ValueInfoProto) => [output.name, declaredValue(output.type).shape])),
    faults,
  };
}

function constantOf(proto: TensorProto, bytes: Uint8Array): Value | undefined {
  const stored = storedTensor(proto, "operator.onnx", { file: "operator.onnx", bytes, external: undefined });
  return stored.ok ? stored.value.value : undefined;
}

function declaredValue(type: TypeProto | undefined): Value {
  const content = type?.value;
  if (content?.case === "tensorType") {
    const shape = content.value.shape?.dim.map((d) => (d.value.case === "dimValue" ? Number(d.value.value) : null));
    return { kind: "tensor", elementType: elementTypeOf(content.value.elemType), shape, constant: false };
  }
  if (content?.case === "sequenceType" || content?.case === "optionalType")
    return {
      kind: content.case === "sequenceType" ? "sequence" : "optional",
      elementType: undefined,
      shape: undefined,
      constant: false,
      element: declaredValue(content.value.elemType),
    };
  return { kind: "tensor", elementType: undefined, shape: undefined, constant: false };
}
