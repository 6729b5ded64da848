import type { AffineIndex, LoopNest } from "../../graph/loops.js";
import { fixed, loops } from "./affine.js";
import type { Rule } from "./site.js";

/**
 * Einsum of one operand (`reduce` or `pointwise`) or two (`mac`): one loop per label, the output's labels outermost.
 * A label that occurs twice in one operand walks its diagonal. Three operands or more are not one multiply-accumulate
 * per iteration and have no nest.
 */
export const einsum: Rule = (site) => {
  const equation = site.view.string("equation")?.replaceAll(" ", "");
  const terms = equation?.split("->")[0]?.split(",");
  const shapes = site.view.inputs.map((_, i) => site.dims(i));
  const y = site.out(0);
  if (equation === undefined || !terms || !y || terms.length !== shapes.length || terms.length > 2) return [];

  const labels: (readonly string[])[] = [];
  const size = new Map<string, number>();
  for (const [i, term] of terms.entries()) {
    const shape = shapes[i];
    const named = shape && spell(term, shape.length);
    if (!shape || named?.length !== shape.length) return [];
    named.forEach((label, axis) => {
      size.set(label, Math.max(size.get(label) ?? 1, shape[axis] ?? 0));
    });
    labels.push(named);
  }
  const written = outputLabels(equation, terms, labels, y.length);
  if (written?.length !== y.length || written.some((label) => !size.has(label))) return [];

  const l = loops();
  const loop = new Map<string, AffineIndex>();
  for (const label of new Set([...written, ...labels.flat()])) loop.set(label, l.open(label, size.get(label) ?? 0));
  const at = (label: string, dim: number | undefined): AffineIndex => (dim === 1 ? fixed(0) : (loop.get(label) ?? fixed(0)));
  const reads = labels.map((named, i) =>
    site.read(
      i,
      named.map((label, axis) => at(label, shapes[i]?.[axis])),
    ),
  );
  const kind: LoopNest["kind"] = terms.length === 2 ? "mac" : l.list.length > new Set(written).size ? "reduce" : "pointwise";
  const write = site.write(
    0,
    written.map((label, axis) => at(label, y[axis])),
  );
  return [{ kind, loops: l.list, reads, write }];
};

/** One label per axis; an ellipsis becomes `.1` (last of its axes), `.2` ... so that operands align at the right. */
function spell(term: string, rank: number): readonly string[] {
  const [before = "", after] = term.split("...");
  if (after === undefined) return [...before];
  const hidden = Math.max(0, rank - before.length - after.length);
  return [...before, ...Array.from({ length: hidden }, (_, i) => `.${hidden - i}`), ...after];
}

/** Without an arrow: the ellipsis, then the labels that occur exactly once, in alphabetical order. */
function outputLabels(
  equation: string,
  terms: readonly string[],
  labels: readonly (readonly string[])[],
  rank: number,
): readonly string[] | undefined {
  const explicit = equation.split("->")[1];
  if (explicit !== undefined) return spell(explicit, rank);
  const all = labels.flat();
  const once = all.filter((label) => !label.startsWith(".") && all.indexOf(label) === all.lastIndexOf(label)).sort();
  return terms.some((term) => term.includes("...")) ? spell(`...${once.join("")}`, rank) : once;
}
