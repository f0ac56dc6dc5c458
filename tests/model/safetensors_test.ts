import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { openSafetensors, openWeights, writeSafetensors } from "../../model/safetensors/mod.ts";

const GOLDENS = new URL("../fixtures/goldens/", import.meta.url);

/** A header and data as a safetensors file; the length can be made to lie. */
function fileOf(
  header: string | object,
  data: Uint8Array = new Uint8Array(),
  { length }: { length?: bigint } = {},
): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

async function withFile(bytes: Uint8Array, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(path, bytes);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

async function withDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

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

const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

const ATTACKS: { name: string; bytes: Uint8Array; message: string }[] = [
  { name: "an empty file", bytes: new Uint8Array(), message: "too few" },
  { name: "seven bytes", bytes: new Uint8Array(7), message: "too few" },
  {
    name: "a header of 2^60 bytes",
    bytes: fileOf("{}", new Uint8Array(), { length: 2n ** 60n }),
    message: "claims 1152921504606846976 bytes",
  },
  {
    name: "a header of 2^64 - 1 bytes",
    bytes: fileOf("{}", new Uint8Array(), { length: 2n ** 64n - 1n }),
    message: "claims 18446744073709551615 bytes",
  },
  {
    name: "a header past the end",
    bytes: fileOf("{}", new Uint8Array(), { length: 3n }),
    message: "truncated or no safetensors",
  },
  { name: "an empty header", bytes: fileOf(""), message: "does not start with {" },
  { name: "a header that is no object", bytes: fileOf("[]"), message: "does not start with {" },
  { name: "a header cut off", bytes: fileOf('{"a":'), message: "not JSON" },
  {
    name: "a header not in UTF-8",
    bytes: fileOf({ "aa": 1 }).map((byte) => byte === 0x61 ? 0xff : byte),
    message: "not JSON in UTF-8",
  },
  {
    name: "a bad escape in a key",
    bytes: fileOf('{"\\x":{}}'),
    message: "not JSON in UTF-8",
  },
  {
    name: "a million open brackets",
    bytes: fileOf(`{"a":${"[".repeat(1_000_000)}`),
    message: "nests deeper than 3",
  },
  {
    name: "a name twice",
    bytes: fileOf(
      `{"a":${JSON.stringify(f32([1], 0, 4))},"\\u0061" :${JSON.stringify(f32([1], 0, 4))}}`,
      new Uint8Array(4),
    ),
    message: 'has "a" twice',
  },
  {
    name: "a field twice",
    bytes: fileOf(
      '{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,4]}}',
      new Uint8Array(4),
    ),
    message: 'has "shape" twice',
  },
  {
    name: "overlapping tensors",
    bytes: fileOf({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, new Uint8Array(12)),
    message: 'tensor "b" starts at byte 4 of the data, inside another tensor',
  },
  {
    name: "two tensors at one place",
    bytes: fileOf({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, new Uint8Array(4)),
    message: "inside another tensor",
  },
  {
    name: "a hole",
    bytes: fileOf({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, new Uint8Array(12)),
    message: 'tensor "b" starts at byte 8 of the data, after a hole',
  },
  {
    name: "data past the end",
    bytes: fileOf({ a: f32([4], 0, 16) }, new Uint8Array(12)),
    message: 'tensor "a" ends at byte 16 of the data, which has 12',
  },
  {
    name: "data of no tensor",
    bytes: fileOf({ a: f32([1], 0, 4) }, new Uint8Array(5)),
    message: "1 bytes of data belong to no tensor",
  },
  {
    name: "an end before the beginning",
    bytes: fileOf({ a: f32([1], 8, 4) }, new Uint8Array(8)),
    message: 'tensor "a" ends at byte 4, before it starts at 8',
  },
  {
    name: "a shape that overflows 2^64",
    bytes: fileOf({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, new Uint8Array(4)),
    message: 'tensor "a" of dtype F32',
  },
  {
    name: "a shape whose product is 0 modulo 2^64",
    bytes: fileOf({ a: f32([2 ** 32, 2 ** 32], 0, 0) }),
    message: 'tensor "a" of dtype F32',
  },
  {
    name: "a shape with NaN",
    bytes: fileOf('{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', new Uint8Array(4)),
    message: "not JSON",
  },
  {
    name: "a shape with null, as JSON writes NaN",
    bytes: fileOf({ a: f32([NaN], 0, 4) }, new Uint8Array(4)),
    message: 'tensor "a" is not described rightly: shape.0',
  },
  {
    name: "a shape with 1e400",
    bytes: fileOf('{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}', new Uint8Array(4)),
    message: 'tensor "a" is not described rightly: shape.0',
  },
  {
    name: "a negative dimension",
    bytes: fileOf({ a: f32([-1], 0, 4) }, new Uint8Array(4)),
    message: 'tensor "a" is not described rightly: shape.0',
  },
  {
    name: "half a dimension",
    bytes: fileOf({ a: f32([0.5], 0, 2) }, new Uint8Array(2)),
    message: 'tensor "a" is not described rightly: shape.0',
  },
  {
    name: "a hundred thousand dimensions",
    bytes: fileOf({ a: f32(new Array(100_000).fill(1), 0, 4) }, new Uint8Array(4)),
    message: 'tensor "a" is not described rightly: shape',
  },
  {
    name: "an offset that is a string",
    bytes: fileOf({ a: f32([1], "0", 4) }, new Uint8Array(4)),
    message: 'tensor "a" is not described rightly: data_offsets.0',
  },
  {
    name: "an unknown dtype",
    bytes: fileOf({ a: { dtype: "F33", shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4)),
    message: 'tensor "a" has the unknown dtype "F33"',
  },
  {
    name: "a dtype named as a method of objects",
    bytes: fileOf({ a: { dtype: "toString", shape: [1], data_offsets: [0, 4] } }),
    message: 'tensor "a" has the unknown dtype "toString"',
  },
  {
    name: "fields given by a prototype",
    bytes: fileOf('{"a":{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}}'),
    message: "nests deeper than 3",
  },
  { name: "a tensor that is null", bytes: fileOf({ a: null }), message: 'tensor "a"' },
  {
    name: "metadata that is no map of strings",
    bytes: fileOf({ __metadata__: { format: 1 } }),
    message: "__metadata__",
  },
  {
    name: "a name of a megabyte",
    bytes: fileOf({ ["x".repeat(2 ** 20)]: null }),
    message: 'xxx..."',
  },
];

for (const { name, bytes, message } of ATTACKS) {
  Deno.test(`openSafetensors refuses ${name}`, async () => {
    await withFile(bytes, async (path) => {
      const error = await assertRejects(() => openSafetensors(path), SyntaxError, message);
      assert(error.message.startsWith(`Cannot read ${path}: `), error.message);
      assert(error.message.length < 1000, `message of ${error.message.length} characters`);
    });
  });
}

Deno.test("openSafetensors refuses a folder and a pipe without waiting", async () => {
  await withDir(async (dir) => {
    await assertRejects(() => openSafetensors(dir), SyntaxError, "it is no file");
    const { success } = await new Deno.Command("mkfifo", { args: [`${dir}/pipe`] }).output();
    assert(success);
    await assertRejects(() => openSafetensors(`${dir}/pipe`), SyntaxError, "it is no file");
  });
});

Deno.test("openSafetensors notices a file cut anywhere", async () => {
  const golden = await Deno.readFile(new URL("mha_tied/model.safetensors", GOLDENS));
  for (let i = 0; i < 40; i++) {
    const cut = Math.floor(golden.length * i / 40);
    await withFile(golden.subarray(0, cut), async (path) => {
      await assertRejects(() => openSafetensors(path), SyntaxError, path);
    });
  }
});

Deno.test("openSafetensors meets a mutated header with a refusal or a sound table", async () => {
  const golden = await Deno.readFile(new URL("mha_tied/model.safetensors", GOLDENS));
  const start = 8 + new DataView(golden.buffer).getUint32(0, true);
  const edit = fc.record({ at: fc.nat(start - 1), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
      const bytes = golden.slice();
      for (const { at, byte } of edits) bytes[at] = byte;
      await withFile(bytes, async (path) => {
        let file;
        try {
          file = await openSafetensors(path);
        } catch (error) {
          assert(error instanceof SyntaxError && error.message.includes(path), `${error}`);
          return;
        }
        using opened = file;
        // What it accepts can be read, and asks for no more memory than the file has.
        let elements = 0;
        for (const [name, { dtype, shape }] of opened.tensors) {
          const count = shape.reduce((product, dimension) => product * dimension, 1);
          if (dtype === "F32") opened.readInto(name, new Float32Array(count));
          elements += count;
        }
        assert(elements <= golden.length);
      });
    }),
    { numRuns: 500, seed: 20_260_101 },
  );
});

Deno.test("openSafetensors survives arbitrary headers", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 3 }), fc.nat(32), async (json, dataBytes) => {
      await withFile(fileOf(`{"a":${json}}`, new Uint8Array(dataBytes)), async (path) => {
        await assertRejects(() => openSafetensors(path), SyntaxError, path);
      });
    }),
    { numRuns: 300, seed: 20_260_102 },
  );
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
