import type { Diagnostic } from "../base/diagnostic.js";
import { nearest } from "../base/nearest.js";
import type { BoundSymbol } from "../graph/graph.js";
import { type Binding, bindingText } from "./bindings.js";
import { sizeOf } from "./constant.js";
import { type Declared, declaredOf, type StoredDim } from "./declared.js";
import { listed, onnxFail, quoted } from "./names.js";
import type { Value } from "./node.js";
import type { GraphProto, ValueInfoProto } from "./proto/onnx_pb.js";

/** The inputs of a network with every dimension known. */
export interface Bound {
  readonly inputs: readonly { readonly name: string; readonly value: Value }[];
  /** Symbols and what they are bound to. */
  readonly symbols: ReadonlyMap<string, number>;
  /** The same for people, unnamed dimensions as `x[2]`, in the order of the inputs. */
  readonly named: readonly BoundSymbol[];
  readonly errors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * Gives every dimension of every network input its value: from the model, or from `bindings`. Inputs that
 * are also initialisers are constants, not inputs.
 *
 * Errors: ONX-6 names every dimension still without value, with the `--bind` to write; ONX-8 a binding that
 * names nothing; ONX-9 contradictions; ONX-13, -14, -16 impossible types.
 */
export function bindInputs(graph: GraphProto, bindings: readonly Binding[], file: string): Bound {
  const constants = new Set([...graph.initializer.map((t) => t.name), ...graph.sparseInitializer.map((t) => t.values?.name ?? "")]);
  const feeds = graph.input
    .filter(({ name }) => !constants.has(name))
    .map((info) => ({ name: info.name, type: fed(declaredOf(info.type)) }));
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];

  const told = assign(feeds, graph, bindings, file, errors);
  const named = new Map<string, number>();
  const missing: { readonly label: string; readonly suggestion: string }[] = [];
  const inputs = feeds.flatMap(({ name, type }): Bound["inputs"] => {
    const where = `${file}: input ${quoted(name)}`;
    if (type.kind !== "tensor") {
      errors.push(
        onnxFail("ONX-19", where, `it is a ${type.kind}, whose size is known only at run time`, "cut the model behind this input"),
      );
      return [];
    }
    if (type.elementType === undefined) {
      errors.push(onnxFail("ONX-16", where, "it has no element type, or one that does not exist", "export the model again"));
      return [];
    }
    const axes = told.axes.get(name);
    const stored = type.dims ?? axes?.map(() => undefined);
    if (stored === undefined) {
      missing.push({ label: `all of ${quoted(name)}`, suggestion: `--bind ${name}=1,3,224,224` });
      return [];
    }
    const shape = stored.map((dim, axis) => {
      if (typeof dim === "number" && dim >= 0) return dim;
      if (typeof dim === "number" && dim < -1) {
        errors.push(onnxFail("ONX-13", where, `axis ${axis} has size ${dim}`, "write a size of at least 0, or a symbol"));
        return 0;
      }
      if (dim === -1)
        warnings.push(
          onnxFail("ONX-42", where, `axis ${axis} has size -1, read as a size without a value`, "write a symbol instead of -1"),
        );
      const label = typeof dim === "string" ? dim : `${name}[${axis}]`;
      const value = axes?.[axis] ?? (typeof dim === "string" ? told.symbols.get(dim) : undefined);
      if (value !== undefined) named.set(label, value);
      else if (!missing.some((m) => m.label === label))
        missing.push({ label, suggestion: `--bind ${label}=${likely(axis, stored.length)}` });
      return value ?? 0;
    });
    const size = sizeOf(shape, type.elementType);
    if (size.kind === "fault" && size.code === "ONX-14")
      errors.push(onnxFail(size.code, where, `the input ${size.message}`, "check the dimensions and bindings"));
    return [{ name, value: { kind: "tensor", elementType: type.elementType, shape, constant: false } }];
  });
  if (missing.length > 0)
    errors.push(
      onnxFail(
        "ONX-6",
        file,
        `${missing.length} input ${missing.length === 1 ? "dimension has" : "dimensions have"} no value: ${listed(missing.map((m) => m.label))}`,
        missing.map((m) => m.suggestion).join(" "),
      ),
    );
  return { inputs, symbols: told.symbols, named: [...named].map(([name, value]) => ({ name, value })), errors, warnings };
}

interface Feed {
  readonly name: string;
  readonly type: Declared;
}

interface Told {
  readonly symbols: Map<string, number>;
  /** By input: sizes by axis, where a binding gives them. */
  readonly axes: Map<string, (number | undefined)[]>;
}

/** Sorts the bindings into symbols and axes; a size given to an axis that carries a symbol binds the symbol too. */
function assign(feeds: readonly Feed[], graph: GraphProto, bindings: readonly Binding[], file: string, errors: Diagnostic[]): Told {
  const told: Told = { symbols: new Map(), axes: new Map() };
  const byName = new Map(feeds.map((f) => [f.name, f.type]));
  const symbols = symbolsOf(feeds, graph);
  const contradiction = (binding: Binding, what: string, before: number, now: number) =>
    errors.push(
      onnxFail(
        "ONX-9",
        `${file}: --bind ${bindingText(binding)}`,
        `${what} is ${before} already, the binding says ${now}`,
        "keep one of the two values",
      ),
    );

  const setSymbol = (binding: Binding, symbol: string, value: number) => {
    const before = told.symbols.get(symbol);
    if (before !== undefined && before !== value) contradiction(binding, `symbol ${quoted(symbol)}`, before, value);
    told.symbols.set(symbol, before ?? value);
  };
  const setAxis = (binding: Binding, name: string, dims: readonly StoredDim[] | undefined, axis: number, value: number) => {
    const axes = told.axes.get(name) ?? [];
    told.axes.set(name, axes);
    const dim = dims?.[axis];
    const before = typeof dim === "number" && dim >= 0 ? dim : axes[axis];
    if (before !== undefined && before !== value) contradiction(binding, `axis ${axis} of input ${quoted(name)}`, before, value);
    if (typeof dim === "string") setSymbol(binding, dim, value);
    axes[axis] = before ?? value;
  };

  for (const binding of bindings) {
    const input = byName.get(binding.name);
    const bracketed = binding.kind === "axis" ? `${binding.name}[${binding.axis}]` : binding.name;
    if (binding.kind === "shape" && input !== undefined) {
      const rank = input.dims?.length ?? binding.shape.length;
      if (rank !== binding.shape.length)
        errors.push(
          onnxFail(
            "ONX-9",
            `${file}: --bind ${bindingText(binding)}`,
            `input ${quoted(binding.name)} has ${rank} axes, the binding gives ${binding.shape.length}`,
            `give ${rank} sizes`,
          ),
        );
      else for (const [axis, value] of binding.shape.entries()) setAxis(binding, binding.name, input.dims, axis, value);
    } else if (binding.kind === "axis" && input !== undefined && binding.axis < (input.dims?.length ?? 0))
      setAxis(binding, binding.name, input.dims, binding.axis, binding.value);
    else if (binding.kind !== "shape" && symbols.has(bracketed)) setSymbol(binding, bracketed, binding.value);
    else if (binding.kind === "symbol" && input !== undefined && (input.dims?.length ?? 1) === 1)
      setAxis(binding, binding.name, input.dims, 0, binding.value);
    else errors.push(misnamed(binding, bracketed, input, [...symbols, ...byName.keys()], file));
  }
  return told;
}

function misnamed(binding: Binding, label: string, input: Declared | undefined, names: readonly string[], file: string): Diagnostic {
  const where = `${file}: --bind ${bindingText(binding)}`;
  if (input !== undefined)
    return onnxFail(
      "ONX-8",
      where,
      `input ${quoted(binding.name)} has ${input.dims?.length ?? "an unknown number of"} axes`,
      "give one size for each axis",
    );
  const near = nearest(label, names);
  const message = `${quoted(label)} is neither a symbol nor an input of the model`;
  return onnxFail("ONX-8", where, message, near === undefined ? `the model has ${listed(names)}` : `did you mean ${quoted(near)}?`);
}

/** Symbols of the inputs, and of what the graph says of other values (bound there, they help with opaque operators). */
function symbolsOf(feeds: readonly Feed[], graph: GraphProto): ReadonlySet<string> {
  const symbols = new Set<string>();
  const collect = (type: Declared) => {
    for (const d of type.dims ?? []) if (typeof d === "string") symbols.add(d);
  };
  for (const { type } of feeds) collect(type);
  for (const info of [...graph.output, ...graph.valueInfo] satisfies ValueInfoProto[]) collect(declaredOf(info.type));
  return symbols;
}

/** An optional input is taken as given. */
const fed = (type: Declared): Declared => (type.kind === "optional" && type.element !== undefined ? type.element : type);

/** A size to start from: 1 for the batch, 224 for image axes, 128 for the length of a sequence. */
const likely = (axis: number, rank: number): number => (axis === 0 ? 1 : axis === 1 && rank === 4 ? 3 : rank >= 4 ? 224 : 128);
