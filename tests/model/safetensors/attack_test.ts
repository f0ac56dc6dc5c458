import { assert, assertRejects } from "@std/assert";
import fc from "fast-check";
import { openSafetensors } from "../../../model/safetensors/mod.ts";
import { fileOf, withFile } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

const GOLDENS = new URL("../../fixtures/goldens/", import.meta.url);

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
    message: 'tensor "a" has an invalid entry: shape.0',
  },
  {
    name: "a shape with 1e400",
    bytes: fileOf('{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}', new Uint8Array(4)),
    message: 'tensor "a" has an invalid entry: shape.0',
  },
  {
    name: "a negative dimension",
    bytes: fileOf({ a: f32([-1], 0, 4) }, new Uint8Array(4)),
    message: 'tensor "a" has an invalid entry: shape.0',
  },
  {
    name: "half a dimension",
    bytes: fileOf({ a: f32([0.5], 0, 2) }, new Uint8Array(2)),
    message: 'tensor "a" has an invalid entry: shape.0',
  },
  {
    name: "a hundred thousand dimensions",
    bytes: fileOf({ a: f32(new Array(100_000).fill(1), 0, 4) }, new Uint8Array(4)),
    message: 'tensor "a" has an invalid entry: shape',
  },
  {
    name: "an offset that is a string",
    bytes: fileOf({ a: f32([1], "0", 4) }, new Uint8Array(4)),
    message: 'tensor "a" has an invalid entry: data_offsets.0',
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
  {
    name: "a megabyte of empty tensors",
    bytes: fileOf(Object.fromEntries(Array.from({ length: 90_000 }, (_, i) => [i, {}]))),
    message: "has more than 32768 keys",
  },
  {
    name: "a megabyte of tensors without data",
    bytes: fileOf(
      Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [`t${i}`, f32([0], 0, 0)])),
    ),
    message: "has more than 32768 keys",
  },
  { name: "a tensor that is null", bytes: fileOf({ a: null }), message: 'tensor "a"' },
  {
    name: "metadata that is no map of strings",
    bytes: fileOf({ __metadata__: { format: 1 } }),
    message: "__metadata__",
  },
  {
    name: "a name of half a megabyte",
    bytes: fileOf({ ["x".repeat(2 ** 19)]: null }),
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
    await assertRejects(() => openSafetensors(dir), SyntaxError, "it is not a file");
    const { success } = await new Deno.Command("sh", { args: ["-c", `mkfifo '${dir}/pipe'`] })
      .output();
    assert(success);
    await assertRejects(() => openSafetensors(`${dir}/pipe`), SyntaxError, "it is not a file");
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
