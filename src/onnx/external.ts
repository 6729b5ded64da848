import type { Diagnostic } from "../base/diagnostic.js";
import type { WeightSource } from "../graph/graph.js";
import { onnxFail, quoted } from "./names.js";
import type { TensorProto } from "./proto/onnx_pb.js";

export type External =
  | { readonly kind: "external"; readonly source: Extract<WeightSource, { kind: "external" }> }
  | { readonly kind: "refused"; readonly warning: Diagnostic }
  | { readonly kind: "fault"; readonly message: string };

/**
 * Where the values of a tensor stand when they are in another file. Decided from the text alone: no
 * location that leaves the model's own folder ever reaches a reader.
 *
 * @param size bytes the tensor's shape needs.
 */
export function externalData(proto: TensorProto, size: number, where: string): External {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? "";
  const leaves = leavesFolder(location);
  if (leaves !== undefined) {
    const message = `tensor ${quoted(proto.name)} names data file ${quoted(location)}: ${leaves}; it was not opened`;
    return {
      kind: "refused",
      warning: onnxFail("ONX-43", where, message, "do not trust this file; save the model with its data beside it"),
    };
  }
  const offset = whole(entries.get("offset") ?? "0");
  const length = entries.has("length") ? whole(entries.get("length") ?? "") : undefined;
  if (offset === undefined || (entries.has("length") && length === undefined) || offset + (length ?? size) > Number.MAX_SAFE_INTEGER)
    return {
      kind: "fault",
      message: `has external data at offset ${entries.get("offset") ?? 0}, length ${entries.get("length") ?? size}: not whole numbers below 2^53`,
    };
  if (length !== undefined && length !== size)
    return { kind: "fault", message: `has ${length} bytes of external data, its shape needs ${size}` };
  return { kind: "external", source: { kind: "external", location, offset, length } };
}

/** Why `location` is not a file in or below the model's folder; undefined where it is. The same on every system. */
function leavesFolder(location: string): string | undefined {
  if (location === "") return "it is empty";
  if (location.includes("\0")) return "it holds a NUL";
  if (location.includes("\\")) return "it holds a backslash";
  if (location.startsWith("/")) return "it is absolute";
  if (/^[A-Za-z]:/.test(location)) return "it names a drive";
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) return "it is a URL";
  if (location.split("/").includes("..")) return "it leaves the model's folder";
  return undefined;
}

function whole(text: string): number | undefined {
  const n = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(n) ? n : undefined;
}
