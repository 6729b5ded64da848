import { fromBinary } from "@bufbuild/protobuf";
import { bad, type Checked, type Diagnostic, good } from "../base/diagnostic.js";
import { onnxFail } from "./names.js";
import { type GraphProto, type ModelProto, ModelProtoSchema } from "./proto/onnx_pb.js";
import { newestOpset, plainDomain } from "./shapes/since.js";
import { damage } from "./wire.js";

/** A model whose file is sound and which says what it speaks. What the graph computes is not looked at yet. */
export interface Decoded {
  readonly graph: GraphProto;
  readonly functions: ModelProto["functions"];
  /** Operator sets by domain; ai.onnx is `""`. */
  readonly opsets: ReadonlyMap<string, number>;
}

/**
 * Reads the bytes of an .onnx file. Values of weights stay views of `bytes`.
 *
 * @param file the file's name, for messages.
 * @returns the model, or ONX-1 damaged (with the byte), ONX-2 no graph, ONX-3 excessive, ONX-4 no opset
 *   import; warning ONX-40 where the opset is newer than known. Never throws.
 */
export function decodeModel(bytes: Uint8Array, file: string): Checked<Decoded> {
  if (bytes.length === 0) return bad(onnxFail("ONX-1", file, "the file is empty: 0 bytes", "export or fetch the model again"));
  const broken = damage(bytes, ModelProtoSchema);
  if (broken?.kind === "excessive")
    return bad(onnxFail("ONX-3", file, `${broken.what}, at byte ${broken.position} of ${bytes.length}`, "check where the file is from"));
  if (broken !== undefined)
    return bad(
      onnxFail(
        "ONX-1",
        file,
        `truncated or damaged at byte ${broken.position} of ${bytes.length}: ${broken.what}`,
        "fetch or export the model again; if it is no .onnx file, give one",
      ),
    );
  const model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  if (model.graph === undefined)
    return bad(onnxFail("ONX-2", file, `the ${bytes.length} bytes hold no graph`, "give an .onnx model file, not a tensor or a data file"));

  const opsets = opsetsOf(model.opsetImport);
  // Before IR 3 there was no import list: such models speak the first operator set.
  if (opsets.size === 0 && model.irVersion >= 3n)
    return bad(
      onnxFail("ONX-4", file, `no opset_import in a model of IR version ${model.irVersion}`, "export again; IR 3 and newer require it"),
    );
  if (opsets.size === 0) opsets.set("", 1);
  return good({ graph: model.graph, functions: model.functions, opsets }, newer(opsets.get(""), file));
}

/** Operator sets by domain, `ai.onnx` and `""` being one. Absurd versions are cut to 2^31 so that they stay numbers. */
export function opsetsOf(imports: ModelProto["opsetImport"]): Map<string, number> {
  return new Map(imports.map(({ domain, version }) => [plainDomain(domain), Math.min(Number(version), 2 ** 31)]));
}

function newer(opset: number | undefined, file: string): readonly Diagnostic[] {
  const newest = newestOpset("");
  if (opset === undefined || newest === undefined || opset <= newest) return [];
  const message = `the model imports opset ${opset} of ai.onnx, the newest known is ${newest}; its operators are read as of opset ${newest}`;
  return [onnxFail("ONX-40", file, message, `export with opset ${newest} or older, or update Stowage`)];
}
