import { expect, test } from "vitest";
import { rng } from "./rng.js";
import { skyline } from "./skyline.js";

test.each([1, 2, 3, 4, 5])("keeps one of every group of labels that none undercuts: %i columns", (columns) => {
  const random = rng(columns);
  for (let round = 0; round < 220; round++) {
    const count = 1 + Math.floor(random() * (round < 200 ? 30 : 300));
    const values = round % 2 === 0 ? 5 : 1000;
    const sums = Float64Array.from({ length: count * columns }, () => Math.floor(random() * values));
    const undercuts = (i: number, j: number) =>
      Array.from({ length: columns }, (_, c) => sums[i * columns + c]! <= sums[j * columns + c]!).every(Boolean);
    const labels = Array.from({ length: count }, (_, i) => i);
    const expected = labels.filter((j) => !labels.some((i) => undercuts(i, j) && (i < j || !undercuts(j, i))));
    expect([...skyline([...labels], sums, columns)].sort((a, b) => a - b)).toEqual(expected);
  }
});
