import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { openSafetensors, openWeights, writeSafetensors } from "../../../model/safetensors/mod.ts";
import { fileOf, withFile } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

const GOLDENS = new URL("../../fixtures/goldens/", import.meta.url);

for (const model of ["gqa_untied", "mha_tied"]) {
  Deno.test(`openSafetensors reads what transformers wrote: ${model}`, async () => {
    const path = new URL(`${model}/model.safetensors`, GOLDENS).pathname;
    const expected = parsePlainly(await Deno.readFile(path));
    using file = await openSafetensors(path);
    assertEquals(file.metadata.get("format"), "pt");
    assertEquals([...file.tensors.keys()].sort(), [...expected.keys()].sort());
    for (const [name, { shape, words }] of expected) {
      assertEquals(file.tensors.get(name)?.dtype, "F32");
      assertEquals(file.tensors.get(name)?.shape, shape);
      const floats = new Float32Array(words.length);
      file.readInto(name, floats);
      assertEquals(bitsOf(floats), words, name);
    }
  });
}

Deno.test("writeSafetensors writes shared memory of several chunks; bits come back", async () => {
  await withDir(async (dir) => {
    const path = `${dir}/out.safetensors`;
    const shared = new Float32Array(new SharedArrayBuffer(4 * 700_000), 4 * 16);
    const bits = bitsOf(shared);
    for (let i = 0; i < bits.length; i++) bits[i] = Math.imul(i, 0x9e3779b1);
    const tensors = [
      { name: "big", shape: [3, 200_000], data: shared.subarray(0, 600_000) },
      { name: "none", shape: [4, 0], data: new Float32Array() },
      { name: "scalar", shape: [], data: shared.subarray(600_000, 600_001) },
      { name: "__proto__", shape: [2], data: Float32Array.of(NaN, -0) },
      { name: "7", shape: [1], data: Float32Array.of(1e-45) },
    ];
    const { sha256 } = await writeSafetensors(path, { tensors });
    const bytes = await Deno.readFile(path);
    assertEquals(sha256, createHash("sha256").update(bytes).digest("hex"));
    assertEquals(new DataView(bytes.buffer).getUint32(0, true) % 8, 0, "data is aligned");
    using file = await openSafetensors(path);
    assertEquals([...file.tensors.keys()], tensors.map(({ name }) => name));
    for (const { name, shape, data } of tensors) {
      assertEquals(file.tensors.get(name)?.shape, shape);
      const target = new Float32Array(new SharedArrayBuffer(4 * data.length));
      file.readInto(name, target);
      assertEquals([...bitsOf(target)], [...bitsOf(data)], name);
    }
  });
});

Deno.test("readInto widens F16 and BF16 exactly", async () => {
  // IEEE 754 half: one, -2, largest, smallest subnormal, infinity; and bfloat16's upper halves.
  const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00);
  const brain = Uint16Array.of(0x3f80, 0xc000, 0x7f7f, 0x0001, 0xff80);
  const data = new Uint8Array(20);
  data.set(new Uint8Array(half.buffer), 0);
  data.set(new Uint8Array(brain.buffer), 10);
  const header = {
    half: { dtype: "F16", shape: [5], data_offsets: [0, 10] },
    brain: { dtype: "BF16", shape: [5], data_offsets: [10, 20] },
  };
  await withFile(fileOf(header, data), async (path) => {
    using file = await openSafetensors(path);
    const floats = new Float32Array(5);
    file.readInto("half", floats);
    assertEquals([...floats], [1, -2, 65504, 2 ** -24, Infinity]);
    file.readInto("brain", floats);
    assertEquals([...floats], [1, -2, (2 - 2 ** -7) * 2 ** 127, 2 ** -133, -Infinity]);
  });
});

Deno.test("readInto refuses an unknown name, another size and integers", async () => {
  const header = {
    f: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    i: { dtype: "I32", shape: [1], data_offsets: [8, 12] },
  };
  await withFile(fileOf(header, new Uint8Array(12)), async (path) => {
    using file = await openSafetensors(path);
    assertThrows(() => file.readInto("g", new Float32Array(2)), RangeError, "Cannot read tensor g");
    assertThrows(
      () => file.readInto("f", new Float32Array(3)),
      TypeError,
      "shape [2] does not fit",
    );
    assertThrows(() => file.readInto("i", new Float32Array(1)), TypeError, "dtype I32");
  });
});

Deno.test("writeSafetensors refuses a name twice and a shape that is not the data's", async () => {
  await withDir(async (dir) => {
    const path = `${dir}/out.safetensors`;
    const tensor = { name: "w", shape: [2], data: new Float32Array(2) };
    await assertRejects(
      () => writeSafetensors(path, { tensors: [tensor, tensor] }),
      RangeError,
      'the name "w" is taken',
    );
    await assertRejects(
      () => writeSafetensors(path, { tensors: [{ ...tensor, shape: [3] }] }),
      TypeError,
      "tensor w of shape [3] has 2 floats",
    );
  });
});

Deno.test("openWeights joins shards by their index", async () => {
  await withDir(async (dir) => {
    const a = { name: "a", shape: [2], data: Float32Array.of(1, 2) };
    const b = { name: "b", shape: [1], data: Float32Array.of(3) };
    await writeSafetensors(`${dir}/model-00001-of-00002.safetensors`, { tensors: [a] });
    await writeSafetensors(`${dir}/model-00002-of-00002.safetensors`, { tensors: [b] });
    const writeIndex = (weight_map: unknown) =>
      Deno.writeTextFile(`${dir}/model.safetensors.index.json`, JSON.stringify({ weight_map }));
    const good = { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" };
    await writeIndex(good);
    {
      using weights = await openWeights(dir);
      assertEquals([...weights.tensors.keys()], ["a", "b"]);
      const floats = new Float32Array(1);
      weights.readInto("b", floats);
      assertEquals(floats[0], 3);
      assertThrows(() => weights.readInto("c", floats), RangeError, "Cannot read tensor c");
    }
    await writeIndex({ ...good, c: good.b });
    await assertRejects(() => openWeights(dir), SyntaxError, "has no tensor c");
    await writeIndex([good.a]);
    await assertRejects(() => openWeights(dir), SyntaxError, "weight_map is not a map");
    await Deno.writeTextFile(`${dir}/model.safetensors.index.json`, "{");
    await assertRejects(() => openWeights(dir), SyntaxError, "it is not JSON");
  });
});

Deno.test("openWeights keeps to its folder", async () => {
  await withDir(async (dir) => {
    await Deno.mkdir(`${dir}/model`);
    const outside = `${dir}/outside.safetensors`;
    await writeSafetensors(outside, {
      tensors: [{ name: "a", shape: [1], data: Float32Array.of(1) }],
    });
    await Deno.symlink(outside, `${dir}/model/link.safetensors`);
    const named = ["../outside.safetensors", outside, "./link.safetensors", "..", "config.json"];
    for (const file of named) {
      await Deno.writeTextFile(
        `${dir}/model/model.safetensors.index.json`,
        JSON.stringify({ weight_map: { a: file } }),
      );
      await assertRejects(
        () => openWeights(`${dir}/model`),
        SyntaxError,
        "is not the name of a safetensors file",
      );
    }
    await Deno.writeTextFile(
      `${dir}/model/model.safetensors.index.json`,
      '{"weight_map":{"a":"link.safetensors"}}',
    );
    await assertRejects(() => openWeights(`${dir}/model`), SyntaxError, "it is a link");
  });
});

Deno.test("openWeights says what a folder without weights lacks", async () => {
  await withDir(async (dir) => {
    await assertRejects(() => openWeights(dir), Deno.errors.NotFound, "no model.safetensors");
  });
});

/** Reads a file of F32 tensors in the plainest way, for comparison. */
function parsePlainly(bytes: Uint8Array): Map<string, { shape: number[]; words: Uint32Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = 8 + view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  delete header.__metadata__;
  const tensors = new Map<string, { shape: number[]; words: Uint32Array }>();
  for (const [name, { shape, data_offsets: [begin, end] }] of Object.entries<Entry>(header)) {
    const words = Uint32Array.from(
      { length: (end - begin) / 4 },
      (_, i) => view.getUint32(start + begin + 4 * i, true),
    );
    tensors.set(name, { shape, words });
  }
  return tensors;
}

interface Entry {
  shape: number[];
  data_offsets: [number, number];
}

/** The bits of floats, so that NaN and -0 compare too. */
function bitsOf(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}

Deno.test("writeSafetensors rounds to f16 and bf16 as IEEE 754 says", async () => {
  // Bits worked out by hand: sign, 5 bits of exponent and 10 of fraction; sign, 8 and 7.
  const values = [1, -2, 65504, 65520, 1e-8, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 0, -0, Infinity, NaN];
  const expected = {
    F16: [0x3c00, 0xc000, 0x7bff, 0x7c00, 0, 0x3c00, 0x3c02, 0, 0x8000, 0x7c00, 0x7e00],
    BF16: [0x3f80, 0xc000, 0x4780, 0x4780, 0x322c, 0x3f80, 0x3f80, 0, 0x8000, 0x7f80, 0x7fc0],
  };
  const ties = [1 + 2 ** -8, 1 + 3 * 2 ** -8];
  await withDir(async (dir) => {
    const path = `${dir}/half.safetensors`;
    const data = Float32Array.from([...values, ...ties]);
    for (const dtype of ["F16", "BF16"] as const) {
      await writeSafetensors(path, { tensors: [{ name: "w", shape: [13], data }], dtype });
      const bytes = await Deno.readFile(path);
      const stored = [...new Uint16Array(bytes.slice(-26).buffer)];
      assertEquals(stored.slice(0, 11), expected[dtype]);
      if (dtype === "BF16") assertEquals(stored.slice(11), [0x3f80, 0x3f82], "ties to even");
      using file = await openSafetensors(path);
      assertEquals(file.tensors.get("w")?.dtype, dtype);
    }
  });
});
