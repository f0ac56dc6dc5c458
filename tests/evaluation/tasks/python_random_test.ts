import { assertEquals, assertThrows } from "@std/assert";
import { pythonRandom } from "../../../evaluation/tasks/python_random.ts";

Deno.test("examples are drawn as CPython 3.11 draws them", () => {
  // >>> r = random.Random(1234); r.sample(range(10), 3), r.sample(range(1000), 5), ...
  const { sample } = pythonRandom(1234);
  assertEquals(sample(10, 3), [7, 1, 0]);
  assertEquals(sample(1000, 5), [92, 932, 965, 961, 826]);
  assertEquals(sample(30, 7), [18, 1, 21, 22, 2, 3, 11]);
  assertEquals(sample(200, 10), [60, 4, 7, 88, 165, 159, 123, 157, 118, 38]);
  // Past the first 624 words: after 800 draws of one of a thousand.
  for (let at = 0; at < 800; at++) sample(1000, 1);
  assertEquals(sample(1000, 4), [835, 250, 846, 661]);
  assertEquals(pythonRandom(1236).sample(5, 2), [4, 3]);
  const twelve = Array.from({ length: 12 }, (_, at) => at);
  assertEquals(pythonRandom(1337).shuffle(twelve), [6, 0, 1, 4, 10, 7, 3, 11, 2, 5, 8, 9]);
  assertThrows(() => sample(2, 3), RangeError, "Cannot draw 3 of 2");
});
