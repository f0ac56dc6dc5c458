/**
 * How long does it take to refuse a hostile model file, and how much memory?
 *
 * @module
 */
import protobuf from "onnx-proto";
import { checkOnnx } from "../model/onnx/mod.ts";
import { openSafetensors } from "../model/safetensors/mod.ts";
import { readGguf } from "../model/gguf/mod.ts";
import { presetConfig } from "../model/config.ts";
import { createLayout } from "../model/layout.ts";
import { median } from "./median.ts";
import { refuseBombs } from "./tokenizer_bombs.ts";

import onnx = protobuf.onnx;

const ROUNDS = 9;
const MIB = 2 ** 20;

/** A safetensors file whose header is a megabyte of `entry`, again and again. */
function header(entry: (i: number) => string): Uint8Array {
  const entries: string[] = [];
  for (let i = 0, length = 2;; i++) {
    const next = entry(i);
    length += next.length + 1;
    if (length > MIB) break;
    entries.push(next);
  }
  return safetensors(`{${entries.join()}}`);
}

function safetensors(json: string, length = BigInt(json.length)): Uint8Array {
  const prefix = new Uint8Array(BigUint64Array.of(length).buffer);
  return Uint8Array.from([...prefix, ...new TextEncoder().encode(json)]);
}

function tensor(fields: onnx.ITensorProto): Uint8Array {
  const graph = { initializer: [{ name: "w", dataType: 1, ...fields }] };
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ version: 17 }], graph }).finish();
}

function gguf(...words: bigint[]): Uint8Array {
  const head = [...new TextEncoder().encode("GGUF"), 3, 0, 0, 0];
  return Uint8Array.from([...head, ...new Uint8Array(BigUint64Array.from(words).buffer)]);
}

const empty = '"dtype":"U8","shape":[0],"data_offsets":[0,0]';
const external = { dataLocation: 1, externalData: [{ key: "location", value: "../../secret" }] };
const FILES: Record<string, Uint8Array> = {
  "safetensors: header of 2^60 bytes": safetensors("{}", 2n ** 60n),
  "safetensors: 1 MiB of tensors": header((i) => `"t${i}":{${empty}}`),
  "safetensors: 1 MiB of numbers": header((i) => `"${i}":0`),
  "safetensors: 1 MiB of shapes": header((i) =>
    `"t${i}":{"dtype":"U8","shape":[${"1,".repeat(63)}1],"data_offsets":[0,1]}`
  ),
  "safetensors: 500,000 dimensions": safetensors(
    `{"t":{"dtype":"U8","shape":[${"1,".repeat(500_000)}1],"data_offsets":[0,0]}}`,
  ),
  "safetensors: 1 MiB of brackets": safetensors('{"t":' + "[".repeat(MIB - 10)),
  "safetensors: 1 MiB of escapes": safetensors(`{"${"\\u0041".repeat(170_000)}":0}`),
  "onnx: external data": tensor({ dims: [2], ...external }),
  "onnx: shape [2^31, 2^31]": tensor({ dims: [2 ** 31, 2 ** 31], rawData: new Uint8Array(4) }),
  "onnx: 1,800,000 fields": onnx.ModelProto.encode({
    graph: { node: Array.from({ length: 600_000 }, () => ({ input: ["a"], output: ["b"] })) },
  }).finish(),
  "gguf: 2^60 tensors": gguf(2n ** 60n, 0n),
  "gguf: 2^60 pairs": gguf(0n, 2n ** 60n),
};

/** Runs `bench refusal`: prints, for each file, the median and the worst of nine refusals. */
export async function run(): Promise<void> {
  const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  await Deno.mkdir("runs", { recursive: true });
  const path = await Deno.makeTempFile({ dir: "runs", prefix: "bench-" });
  const open = async (name: string, bytes: Uint8Array) => {
    if (name.startsWith("onnx")) checkOnnx(await Deno.readFile(path), { source: path });
    else if (name.startsWith("gguf")) await readGguf(path, { config, layout, parameters });
    else (await openSafetensors(path))[Symbol.dispose]();
    throw new Error(`${name} of ${bytes.length} bytes was not refused`);
  };
  try {
    for (const [name, bytes] of Object.entries(FILES)) {
      await Deno.writeFile(path, bytes);
      const before = Deno.memoryUsage().rss;
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const began = performance.now();
        const error = await open(name, bytes).catch((error: unknown) => error);
        times.push(performance.now() - began);
        if (!(error instanceof SyntaxError)) throw error;
      }
      const grown = (Deno.memoryUsage().rss - before) / MIB;
      console.log(
        `${name.padEnd(36)}${median(times).toFixed(1).padStart(7)} ms, ` +
          `at most ${Math.max(...times).toFixed(1)} ms, memory ${grown.toFixed(0)} MiB more`,
      );
    }
    for (const [name, { ms, grownMiB }] of Object.entries(await refuseBombs({ path, rounds: 5 }))) {
      console.log(
        `${`tokenizer.json: ${name}`.padEnd(36)}${ms.toFixed(1).padStart(7)} ms, ` +
          `memory ${grownMiB.toFixed(0)} MiB more`,
      );
    }
  } finally {
    await Deno.remove(path);
  }
}
