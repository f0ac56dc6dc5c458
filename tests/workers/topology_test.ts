import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createTopology, KISSING_NUMBER, microbatchRows, passOf } from "../../workers/topology.ts";

Deno.test("twelve leaves touch one control sphere", () => {
  const { controls, parentOfLeaf, workers } = createTopology({ leaves: 12, workers: 2 });
  assertEquals(controls, [{ index: 0, parent: undefined, children: 12, leaves: [0, 12] }]);
  assertEquals(parentOfLeaf, new Array(12).fill(0));
  assertEquals(workers, 2);
});

Deno.test("a thirteenth leaf nests all of them under inner control spheres", () => {
  const { controls, parentOfLeaf } = createTopology({ leaves: 13, workers: 2 });
  assertEquals(controls.map(({ parent, children }) => [parent, children]), [
    [undefined, 2],
    [0, 12],
    [0, 1],
  ]);
  assertEquals(parentOfLeaf, [...new Array(12).fill(1), 2]);
});

Deno.test("1,728 leaves make three levels of twelve", () => {
  const { controls } = createTopology({ leaves: 12 ** 3, workers: 2 });
  assertEquals(controls.length, 1 + 12 + 144);
  assert(controls.every(({ children }) => children === 12));
});

Deno.test("any number of leaves: at most twelve children each, every leaf under one control", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), (leaves) => {
    const { controls, parentOfLeaf } = createTopology({ leaves, workers: 1 });
    const children = new Array<number>(controls.length).fill(0);
    for (const { parent } of controls) if (parent !== undefined) children[parent]!++;
    for (const parent of parentOfLeaf) children[parent]!++;
    return parentOfLeaf.length === leaves &&
      controls.every((control, i) =>
        control.children === children[i] && control.children >= 1 &&
        control.children <= KISSING_NUMBER && (control.parent ?? -1) < i
      );
  }));
});

Deno.test("workers beyond the leaves have nothing to do", () => {
  assertEquals(createTopology({ leaves: 3, workers: 64 }).workers, 3);
});

Deno.test("counts that are not positive integers are refused", () => {
  for (const count of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => createTopology({ leaves: 12, workers: count }),
      RangeError,
      `Cannot arrange spheres: --workers must be a positive integer, got ${count}`,
    );
  }
});

Deno.test("the leaves' slices cover the rows once, in order", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 1, max: 500 }),
    (leaves, rows) => {
      const covered: number[] = [];
      for (let microbatch = 0; microbatch < leaves; microbatch++) {
        const [first, end] = microbatchRows({ microbatch, leaves, rows });
        for (let row = first; row < end; row++) covered.push(row);
      }
      assertEquals(covered, Array.from({ length: rows }, (_, row) => row));
    },
  ));
});

Deno.test("short leaves are run together, long ones one by one, and no worker has none", () => {
  const leaves = (workers: number, cols: number, rows = 12) =>
    passOf(createTopology({ leaves: 12, workers }), { rows, cols }).leaves;
  assertEquals([64, 128, 192, 193, 256].map((cols) => leaves(2, cols)), [6, 3, 2, 1, 1]);
  assertEquals([1, 2, 3, 5, 12].map((workers) => leaves(workers, 64)), [6, 6, 4, 3, 1]);
  assertEquals(leaves(2, 64, 48), 1);
  assertEquals(leaves(2, 64, 24), 3);
});
