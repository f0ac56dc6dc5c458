import { assertEquals } from "@std/assert";
import * as reference from "../../kernels/reference/mod.ts";
import { assertTwin, testKernels } from "./arena.ts";

/** Probabilities and losses near 1: some roundings of a sum of v terms. */
const CLOSE = { absolute: 2e-6, relative: 2e-6 };

testKernels("cross_entropy matches its reference over widths and masks", (newArena) => {
  for (const v of [1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 33, 300]) {
    for (const spread of [0, 1, 30]) {
      const arena = newArena(v);
      const [n, ld, scale] = [4, v + 3, 0.25];
      const logits = arena.floats(n * ld, spread),
        losses = arena.floats(n),
        plain = arena.floats(n);
      const targetIds = [0, v - 1, -1, v >> 1], masks = [1, 1, 0, 1];
      const targets = arena.integers(targetIds), mask = arena.integers(masks);
      const shape = `cross_entropy v=${v} spread=${spread}`;
      arena.kernels.cross_entropy_loss(plain.at, plain.at, targets, mask, 0, v, ld);
      arena.kernels.cross_entropy_loss(logits.at, plain.at, targets, mask, n, v, ld);
      assertTwin(logits, {}, `${shape}: logits of the loss alone`);
      arena.kernels.cross_entropy(logits.at, losses.at, targets, mask, n, v, ld, scale);
      const x = logits.expected;
      reference.cross_entropy(x, losses.expected, targetIds, masks, n, v, ld, scale);
      assertTwin(losses, CLOSE, shape);
      assertTwin(logits, CLOSE, `${shape} gradient`);
      assertEquals(plain.actual, losses.actual, `${shape}: both kernels give one loss`);
      arena.checkFences(shape);
    }
  }
});

testKernels("cross_entropy takes hostile logits", (newArena) => {
  const rows = [
    [1e30, -1e30, 0, 5, 1e-40, -1e-45, 3, 2, 1],
    [-1e30, -1e30, -1e30, -1e30, -1e30, -1e30, -1e30, -1e30, -1e30],
    [-Infinity, 3, -Infinity, 2, 1, 0, -Infinity, -86.9, -88],
    [3e38, -3e38, 0, 0, 0, 0, 0, 0, -3e38],
  ];
  const arena = newArena(1);
  const logits = arena.floats(rows.flat()), losses = arena.floats(4);
  const targetIds = [0, 4, 3, 0], masks = [1, 1, 1, 1];
  const targets = arena.integers(targetIds), mask = arena.integers(masks);
  arena.kernels.cross_entropy(logits.at, losses.at, targets, mask, 4, 9, 9, 1);
  reference.cross_entropy(logits.expected, losses.expected, targetIds, masks, 4, 9, 9, 1);
  assertTwin(losses, CLOSE, "hostile losses");
  assertTwin(logits, CLOSE, "hostile gradients");
});

testKernels("cross_entropy shows a NaN instead of hiding it", (newArena) => {
  const arena = newArena(1);
  const logits = arena.floats([1, 2, NaN, 4, 5, 6, 7, 8, 9, 10]), losses = arena.floats(1);
  const zero = arena.integers([0]), one = arena.integers([1]);
  arena.kernels.cross_entropy(logits.at, losses.at, zero, one, 1, 10, 10, 1);
  assertEquals([...losses.actual], [NaN]);
});
