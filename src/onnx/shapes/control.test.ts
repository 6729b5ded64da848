import { describe, expect, it } from "vitest";
import { inferTest, k, shapesOf, type TestNode, t } from "../../../test/node-view.js";
import type { Dim, Value } from "../node.js";

type Shapes = readonly (readonly Dim[] | undefined)[];
const cases = (list: readonly (readonly [string, TestNode, Shapes])[]) => {
  it.each(list)("%s", (_, node, expected) => {
    expect(shapesOf(node)).toEqual(expected);
  });
};

const sequence = (element: Value | undefined): Value => {
  const bare: Value = { kind: "sequence", elementType: "float32", shape: undefined, constant: false };
  return element === undefined ? bare : { ...bare, element };
};

describe("control flow and sequences", () => {
  const branches = { then_branch: () => [t([2, 3])], else_branch: () => [t([4, 3])] };
  cases([
    ["If with a known condition", { type: "If", inputs: [k([1], [], "bool")], bodies: branches }, [[2, 3]]],
    ["If with an open condition keeps what both share", { type: "If", inputs: [t([], "bool")], bodies: branches }, [[null, 3]]],
    [
      "Loop whose carried tensor grows",
      {
        type: "Loop",
        outputs: 2,
        inputs: [k([5], []), undefined, t([1, 3])],
        bodies: { body: ([, go, x]) => [go!, t([x!.shape![0] === null ? null : x!.shape![0]! + 1, 3]), t([7])] },
      },
      [
        [null, 3],
        [null, 7],
      ],
    ],
    [
      "Loop that runs a known number of times",
      {
        type: "Loop",
        outputs: 2,
        inputs: [k([5], []), undefined, t([1, 3])],
        bodies: { body: ([, , x]) => [k([1], [], "bool"), x!, t([7])] },
      },
      [
        [1, 3],
        [5, 7],
      ],
    ],
    [
      "Scan",
      {
        type: "Scan",
        outputs: 2,
        inputs: [t([2]), t([9, 2])],
        attributes: { num_scan_inputs: 1, scan_output_axes: [1] },
        bodies: { body: ([state, x]) => [state!, x!] },
      },
      [[2], [2, 9]],
    ],
    [
      "Scan-8 with a batch",
      {
        type: "Scan",
        opset: 8,
        outputs: 2,
        inputs: [undefined, t([4, 2]), t([4, 9, 2])],
        attributes: { num_scan_inputs: 1 },
        bodies: { body: ([state, x]) => [state!, x!] },
      },
      [
        [4, 2],
        [4, 9, 2],
      ],
    ],
    ["an element of a sequence of unlike tensors", { type: "SequenceAt", inputs: [sequence(t([2, null])), t([], "int64")] }, [[2, null]]],
    ["an element of an empty sequence", { type: "SequenceAt", inputs: [sequence(undefined), t([], "int64")] }, [undefined]],
    [
      "ConcatFromSequence on a new axis",
      { type: "ConcatFromSequence", inputs: [sequence(t([2, 3]))], attributes: { axis: -1, new_axis: 1 } },
      [[2, 3, null]],
    ],
  ]);

  it("keeps the shape of what is inserted into an empty sequence", () => {
    const result = inferTest({ type: "SequenceInsert", inputs: [sequence(undefined), t([2, 3])] });
    expect(result.kind === "values" && result.values[0]?.element?.shape).toEqual([2, 3]);
  });
});
