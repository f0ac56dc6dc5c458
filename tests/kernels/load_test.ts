import { assert, assertEquals } from "@std/assert";
import { compileBuild, ensureKernels } from "../../kernels/build.ts";
import { compileKernels, instantiateKernels } from "../../kernels/mod.ts";
import * as reference from "../../kernels/reference/mod.ts";

const newMemory = () => new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });

Deno.test("a build is reproducible", async () => {
  const builds = await ensureKernels();
  for (const build of ["relaxed", "plain"] as const) {
    assertEquals(await compileBuild(build), builds[build]);
  }
});

Deno.test("the plain build is told from the relaxed one", async () => {
  for (const strictSimd of [true, false]) {
    const kernels = instantiateKernels(await compileKernels({ strictSimd }), newMemory());
    assertEquals(kernels.relaxed(), strictSimd ? 0 : 1);
  }
});

Deno.test("every reference has a kernel, and the module no mutable state", async () => {
  for (const strictSimd of [true, false]) {
    const exports = WebAssembly.Module.exports(await compileKernels({ strictSimd }));
    const functions = exports.filter(({ kind }) => kind === "function").map(({ name }) => name);
    assertEquals(
      functions.toSorted(),
      [
        ...Object.keys(reference),
        "cross_entropy",
        "fma_peak",
        "read_peak",
        "relaxed",
        "use_simd256",
      ]
        .filter((name, i, all) => all.indexOf(name) === i).toSorted(),
    );
    assert(exports.every(({ kind }) => kind === "function" || kind === "memory"));
  }
});

Deno.test("instances over one memory write the same constants, below 64 KiB", async () => {
  const memory = newMemory();
  const module = await compileKernels();
  instantiateKernels(module, memory);
  const words = new Uint8Array(memory.buffer);
  const once = words.slice();
  assert(words.subarray(65536).every((byte) => byte === 0));
  const kernels = instantiateKernels(module, memory);
  kernels.fma_peak(10);
  assertEquals(words.slice(), once);
});

Deno.test("addresses above 2 GiB work", async () => {
  const gibibyte = 2 ** 30;
  const memory = new WebAssembly.Memory({ initial: 49152, maximum: 65536, shared: true });
  const kernels = instantiateKernels(await compileKernels(), memory);
  const at = 3 * gibibyte - 64;
  const tail = new Float32Array(memory.buffer, at, 16);
  tail.set([1, 2, 3, 4, 5, 6, 7, 8]);
  kernels.add(at + 32, at, 8);
  assertEquals([...tail.subarray(8)], [1, 2, 3, 4, 5, 6, 7, 8]);
  kernels.pack_b(at, at + 32, 1, 8, 8, 8);
  kernels.gemm(at + 32, at, at, 1, 8, 1, 8, 0);
  assertEquals([...tail.subarray(8)], [1, 2, 3, 4, 5, 6, 7, 8]);
});
