import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkOnnx, exportOnnx } from "../../../model/onnx/mod.ts";
import { openOnnxEngine } from "../../../engine/mod.ts";
import { GOLDENS, readGolden } from "../../engine/golden.ts";
import { onnx } from "./onnx_proto.ts";

const source = "a.onnx";
const FLOAT = 1, INT64 = 7;

/** A model of one graph, encoded by the library that other programs use. */
function model(graph: onnx.IGraphProto): Uint8Array {
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ version: 17 }], graph }).finish();
}

const withTensor = (tensor: onnx.ITensorProto) => model({ initializer: [tensor] });
const floats = (dims: number[], bytes: number, more: onnx.ITensorProto = {}) =>
  withTensor({ name: "w", dataType: FLOAT, dims, rawData: new Uint8Array(bytes), ...more });

/** A node that makes as much as the tensor `shape` says, given in one of three ways. */
function making(opType: string, shape: number[], how: "raw" | "listed" | "constant"): Uint8Array {
  const input = opType === "ConstantOfShape" ? ["s"] : ["x", "s"];
  const rawData = new Uint8Array(BigInt64Array.from(shape, BigInt).buffer);
  const tensor: onnx.ITensorProto = {
    name: "s",
    dataType: INT64,
    dims: [shape.length],
    ...(how === "listed" ? { int64Data: shape } : { rawData }),
  };
  const node = [{ opType, input, output: ["y"] }];
  if (how !== "constant") return model({ initializer: [tensor], node });
  const attribute = [{ name: "value", type: 4, t: tensor }];
  return model({ node: [{ opType: "Constant", output: ["s"], attribute }, ...node] });
}

/** Graphs inside one another. */
function nested(depth: number): onnx.IGraphProto {
  if (depth === 0) return {};
  const attribute = [{ name: "then_branch", type: 5, g: nested(depth - 1) }];
  return { node: [{ opType: "If", input: ["c"], attribute }] };
}

const external = (location: string) => ({
  dataLocation: 1,
  externalData: [{ key: "location", value: location }],
});

const ATTACKS: Record<string, [file: Uint8Array, message: string]> = {
  "nothing": [new Uint8Array(), "it has no graph"],
  "weights in another file": [floats([2], 0, external("weights.bin")), "lies in another file"],
  "weights above the folder": [floats([2], 0, external("../../etc/passwd")), "lies in another"],
  "an absolute path": [floats([2], 0, external("/etc/passwd")), "lies in another file"],
  "a path without its flag": [
    floats([2], 8, { externalData: [{ key: "location", value: "x" }] }),
    "lies in another file",
  ],
  "an external constant": [
    model({
      node: [{
        opType: "Constant",
        output: ["s"],
        attribute: [{ name: "value", type: 4, t: { dims: [2], dataType: 1, ...external("x") } }],
      }],
    }),
    "lies in another file",
  ],
  "an external weight of a branch": [
    model({
      node: [{
        opType: "If",
        attribute: [{ name: "b", type: 5, g: { initializer: [{ ...external("../x") }] } }],
      }],
    }),
    "lies in another file",
  ],
  "a shape past its data": [floats([2 ** 31, 2 ** 31], 4), "needs 18446744073709552000 bytes"],
  "a shape whose product is 0 modulo 2^64": [floats([2 ** 32, 2 ** 32], 0), "but has 0"],
  "a negative dimension": [floats([-1], 4), "has the shape [-1]"],
  "a shape without data": [
    withTensor({ name: "w", dataType: FLOAT, dims: [2 ** 40], floatData: [1] }),
    "bytes in all",
  ],
  "a thousand dimensions": [floats(new Array(1000).fill(1), 4), "more than 64 dims"],
  "an unknown type": [floats([1], 4, { dataType: 99 }), "has the unknown type 99"],
  "one name twice": [
    model({ initializer: [{ name: "w", dims: [0] }, { name: "w", dims: [0] }] }),
    'it has the tensor "w" twice',
  ],
  "two graphs": [
    Uint8Array.from([...withTensor({ dims: [0] }), ...withTensor({ dims: [0] })]),
    "it has two graphs",
  ],
  "graphs without end": [model(nested(10)), "graphs lie inside one another past 4"],
  "a field of 2^62 bytes": [
    Uint8Array.from([0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]),
    "a field claims 4611686018427388000 bytes of 0",
  ],
  "a field of -1 bytes": [
    Uint8Array.from([0x3a, ...new Array(9).fill(0xff), 1]),
    "a field claims -1 bytes",
  ],
  "two million fields": [
    model({ node: Array.from({ length: 350_000 }, () => ({ input: ["a"], output: ["b"] })) }),
    "more than 262144 fields",
  ],
  "no protocol buffer": [new TextEncoder().encode("%PDF-1.7 and so on"), "Cannot load a.onnx"],
};
for (const opType of ["ConstantOfShape", "Expand", "Tile"]) {
  for (const how of ["raw", "listed", "constant"] as const) {
    ATTACKS[`${opType} of 2^40, ${how}`] = [
      making(opType, [2 ** 20, 2 ** 20], how),
      `${opType} would make 1099511627776 elements`,
    ];
  }
}

for (const [name, [file, message]] of Object.entries(ATTACKS)) {
  Deno.test(`checkOnnx refuses ${name}`, () => {
    const error = assertThrows(() => checkOnnx(file, { source }), SyntaxError, message);
    assert(error.message.startsWith("Cannot load a.onnx: "), error.message);
    assert(error.message.length < 1000);
  });
}

Deno.test("checkOnnx lets pass what is exported, and the engine asks it", async () => {
  for (const name of GOLDENS) {
    const golden = await readGolden(name);
    checkOnnx(exportOnnx(golden), { source });
    checkOnnx(exportOnnx({ ...golden, precision: "int8" }), { source });
  }
  checkOnnx(making("Expand", [1, 64, 1, 128], "raw"), { source });
  const { config } = await readGolden("mha_tied");
  const hostile = floats([2], 0, external("../x"));
  await assertRejects(
    () => openOnnxEngine({ model: hostile, config }),
    SyntaxError,
    'Cannot load the ONNX model: tensor "w" lies in another file',
  );
});

Deno.test("checkOnnx meets a mutated file with a refusal or none, and never with more", async () => {
  const file = exportOnnx(await readGolden("gqa_untied"));
  const edit = fc.record({ at: fc.nat(20_000), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      const bytes = file.slice();
      for (const { at, byte } of edits) bytes[at] = byte;
      try {
        checkOnnx(bytes, { source });
      } catch (error) {
        assert(error instanceof SyntaxError, `${error}`);
      }
    }),
    { numRuns: 500, seed: 20_260_103 },
  );
  // Every cut is noticed: the weights come last.
  for (let i = 1; i < 20; i++) {
    const cut = file.subarray(0, Math.floor(file.length * i / 20));
    assertThrows(() => checkOnnx(cut, { source }), SyntaxError, "a.onnx");
  }
  assertEquals(file.length > 20_000, true);
});
