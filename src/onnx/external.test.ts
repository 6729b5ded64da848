import { describe, expect, test } from "vitest";
import { accepted, modelBytes, node, refused, shapes, TYPE, value } from "../../test/onnx-model.js";

describe("external data", () => {
  const outside = (location: string, dims: readonly bigint[] = [1n], extra: readonly { key: string; value: string }[] = []) =>
    modelBytes({
      input: [value("x", [6])],
      initializer: [
        {
          name: "to",
          dims: [...dims],
          dataType: TYPE.int64,
          dataLocation: 1,
          externalData: [{ key: "location", value: location }, ...extra],
        },
      ],
      node: [node("Reshape", "x to", "y")],
      output: [value("y", [2, 3])],
    });

  test("is read only for small constants that shapes need", () => {
    const asked: unknown[] = [];
    const external = (location: string, offset: number, length: number | undefined) => {
      asked.push([location, offset, length]);
      return new Uint8Array(BigInt64Array.of(2n, 3n).buffer);
    };
    const graph = accepted(outside("w.data", [2n], [{ key: "offset", value: "64" }]), [], { external });
    expect(shapes(graph).y).toEqual([2, 3]);
    expect(asked).toEqual([["w.data", 64, 16]]);
  });

  test.each(["../w.data", "/etc/passwd", "a/../../b", "..\\w", "C:/w", "a\0b", "", "file:///etc/passwd", "https://x/y"])(
    "%j is refused before anybody is asked",
    (location) => {
      const external = () => {
        throw new Error("asked");
      };
      expect(accepted(outside(location), [], { external }).warnings.map((w) => w.code)).toContain("ONX-43");
    },
  );

  test("of impossible extent is refused", () => {
    const huge = { key: "offset", value: "4611686018427387904" };
    expect(refused(outside("w.data", [2n], [huge])).map((e) => e.code)).toEqual(["ONX-15"]);
    expect(refused(outside("w.data", [2n], [{ key: "length", value: "3" }])).map((e) => e.code)).toEqual(["ONX-15"]);
  });
});
