/** The model of blocks: its trees, its names, its file, and what is read where it finds nothing. */
import { assert, assertEquals } from "@std/assert";
import { readModel, shortFloats, writeModel } from "../../../stages/extract/block_model.ts";
import { readHtml } from "../../../stages/extract/document.ts";
import { type Forest, scoreRows } from "../../../stages/extract/forest.ts";
import type { BlockModel } from "../../../stages/extract/judge.ts";
import { blocksBy } from "../../../stages/extract/main_blocks.ts";
import { NAME_SLOTS, nameSlots, slotsOfOne, wordSlots } from "../../../stages/extract/names.ts";
import { TitleWords } from "../../../stages/extract/title_words.ts";
import { annotate } from "../../../stages/extract/train/annotated_pages.ts";
import { growForest } from "../../../stages/extract/train/grow_forest.ts";
import { Quality } from "../../../stages/extract/train/quality.ts";

/** A forest that gives each row the same score. */
const constant = (bias: number): Forest => ({
  depth: 1,
  bias,
  features: new Uint8Array(1),
  thresholds: new Float32Array([Infinity]),
  leaves: new Float32Array(2),
});

const modelOf = (bias: number): BlockModel => ({
  names: {
    near: Float32Array.from({ length: NAME_SLOTS }, (_, i) => (i % 255) - 127),
    far: new Float32Array(NAME_SLOTS),
    words: new Float32Array(NAME_SLOTS).fill(3),
  },
  first: constant(bias),
  second: constant(bias),
  threshold: 0.25,
});

Deno.test("a row goes down each tree, to the right where its number is greater", () => {
  const forest: Forest = {
    depth: 2,
    bias: 0.5,
    features: new Uint8Array([0, 1, 1, 1, 0, 0]),
    thresholds: new Float32Array([10, 1, 2, 0, Infinity, Infinity]),
    leaves: new Float32Array([1, 2, 4, 8, 16, 32, 64, 128]),
  };
  const rows = new Float32Array([10, 1, 10, 2, 11, 2, 11, 3]);
  // First tree: left left, left right, right left, right right; the second asks for the second number.
  assertEquals(Array.from(scoreRows(forest, rows, 2)), [0.5 + 1 + 64, 66.5, 68.5, 72.5]);
});

Deno.test("trees of depth 4 score as a plain walk over their nodes, for all numbers", () => {
  const odd = [0, -0, 1, -1, 1.5, -1.5, 3e38, -3e38, Infinity, -Infinity, NaN, 1e-42, -1e-42];
  const beside = [1.0000001, 0.99999994, -1.0000001, -0.99999994, 1.5000001, -1.5000001];
  const values = [...odd, ...beside];
  // Thresholds as the file has them: the upper half of a float.
  const asked = shortFloats(Float32Array.from({ length: 75 }, (_, i) => values[i * 7 % 12] ?? 0));
  const forest: Forest = {
    depth: 4,
    bias: 0.25,
    features: Uint8Array.from({ length: 75 }, (_, i) => i * 5 % 3),
    thresholds: asked.map((threshold) => Number.isNaN(threshold) ? 0 : threshold),
    leaves: Float32Array.from({ length: 80 }, (_, i) => i * i / 7),
  };
  const rows = values.flatMap((a, i) => values.map((b) => [a, b, values[(i * 3) % 19] ?? 0]))
    .flat();
  const walk = (row: readonly number[]) => {
    let score = forest.bias;
    for (let tree = 0; tree < 5; tree++) {
      let node = 0;
      while (node < 15) {
        const at = tree * 15 + node;
        const isGreater =
          Math.fround(row[forest.features[at] ?? 0] ?? 0) > (forest.thresholds[at] ?? 0);
        node = 2 * node + (isGreater ? 2 : 1);
      }
      score += forest.leaves[tree * 16 + node - 15] ?? 0;
    }
    return Math.fround(score);
  };
  const scores = scoreRows(forest, Float32Array.from(rows), 3);
  for (const [i, score] of scores.entries()) {
    assertEquals(score, walk(rows.slice(3 * i, 3 * i + 3)), `row ${i}`);
  }
});

Deno.test("trees learn what no single number tells, twice the same", () => {
  const size = 400;
  const rows = new Float32Array(size * 2), labels = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const [a, b] = [i % 20 / 20, Math.floor(i / 20) / 20];
    rows.set([a, b], i * 2);
    labels[i] = (a > 0.45) !== (b > 0.55) ? 1 : 0;
  }
  const examples = { rows, width: 2, labels, weights: new Float32Array(size).fill(1) };
  const growth = { trees: 60, depth: 3, learningRate: 0.3, featureShare: 1, rowShare: 0.8 };
  const grow = () => growForest(examples, { ...growth, lambda: 1, minHessian: 0.5, seed: 3 });
  const scores = scoreRows(grow(), rows, 2);
  const right = scores.filter((score, i) => (score > 0) === (labels[i] === 1)).length;
  assert(right >= 0.98 * size, `${right} of ${size}`);
  assertEquals(grow(), grow());
});

Deno.test("names share the slots of their words, in any spelling", () => {
  const slotsOf = (names: string) => {
    const slots = slotsOfOne();
    return Array.from(slots.subarray(0, nameSlots(names, slots)));
  };
  const [dashed, camel, other] = [slotsOf("related-box"), slotsOf("relatedBox"), slotsOf("box2")];
  // Two words and the whole name.
  assertEquals([dashed.length, camel.length], [3, 3]);
  assertEquals(dashed.slice(0, 2), camel.slice(0, 2));
  assertEquals(other[0], dashed[1]);
  assertEquals(slotsOf(`${"word ".repeat(1000)}`).length <= slotsOfOne().length, true);
  const slots = slotsOfOne();
  assertEquals(wordSlots("Read more", slots), 2);
  assertEquals(wordSlots("x".repeat(81), slots), 0);
});

Deno.test("a model is the same after its file is read", () => {
  const model = modelOf(-1.5);
  const read = readModel(JSON.parse(JSON.stringify(writeModel(model, "by a test"))));
  assertEquals(read.threshold, model.threshold);
  assertEquals(read.first, model.first);
  assertEquals(read.names, model.names);
});

Deno.test("where the model finds nothing, the rules' reading is the text", () => {
  const prose = "The mill stands where two brooks meet, and its wheel has turned for years. ";
  const html = `<nav>${"<p>Menu</p>".repeat(9)}</nav><main><p>${prose.repeat(3)}</p></main>`;
  const content = readHtml(html, { engine: "fast", maxDepth: 512, maxAttributes: 256 });
  assert(typeof content !== "string");
  assertEquals(blocksBy(modelOf(-9), content).map(({ text }) => text), [prose.repeat(3).trim()]);
  assertEquals(blocksBy(modelOf(9), content).length, 10);
});

Deno.test("segments label the blocks that they stand in, and count in a text", () => {
  const page = annotate("a:b", { file: "", with: ["two brooks", "is lost"], without: ["Menu"] }, {
    body: new TextEncoder().encode("<p>Menu</p><p>Where two brooks meet.</p><p>Neither.</p>"),
    engine: "fast",
  });
  assert(page !== undefined);
  assertEquals(Array.from(page.labels), [0, 1, -1]);
  const quality = new Quality();
  quality.add(page, "Menu Where two brooks meet.");
  assertEquals([quality.found, quality.lost, quality.kept], [1, 1, 1]);
  assertEquals(quality.f1, 0.5);
});

Deno.test("a block shares with its title the words of three letters or more, each counted once", () => {
  const title = new TitleWords("The mill by the two brooks - Müller's pages");
  assertEquals(title.share("The MILL, the mill!"), 1);
  assertEquals(title.share("Two brooks meet here"), 0.5);
  assertEquals(title.share("Müller was here"), 1 / 3);
  assertEquals(title.share("by us, or by no one"), 0);
  assertEquals(title.share(`mill ${"word ".repeat(100)}`), 0);
  assertEquals(new TitleWords("").share("The mill"), 0);
});
