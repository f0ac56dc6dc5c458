import { assert, assertEquals, assertThrows } from "@std/assert";
import { compileKernels, instantiateKernels } from "../../kernels/mod.ts";
import { signed, unsigned } from "../../kernels/simd256/encode.ts";
import { FLAG } from "../../kernels/simd256/flag.ts";

Deno.test("with V8's flag for 256-bit vectors products keep their bits", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-read", "--allow-write=kernels/build"],
      ...["--allow-env=DENO_V8_FLAGS", new URL("simd256_bits.ts", import.meta.url).pathname],
    ],
    env: { DENO_V8_FLAGS: FLAG },
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (said.includes("did not recognize")) {
    console.warn(`not tested: ${said}`);
    return;
  }
  assertEquals(code, 0, said);
  const { simd256, different } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(different, { gemm: 0, interleaved: 0, int8: 0 });
  if (!simd256) console.warn("256-bit vectors were not used: no AVX2, or too busy a machine");
});

Deno.test("numbers are encoded as LEB128", () => {
  // The examples of the DWARF 4 standard, 7.6.
  for (const [value, bytes] of [[2, [2]], [127, [127]], [128, [128, 1]], [12857, [0xb9, 100]]]) {
    assertEquals(unsigned(value as number), bytes);
  }
  for (const [value, bytes] of [[2, [2]], [-2, [0x7e]], [127, [255, 0]], [-127, [129, 0x7f]]]) {
    assertEquals(signed(value as number), bytes);
  }
  assertEquals(signed(-129), [255, 0x7e]);
});

Deno.test("a tile is refused where its addresses would have no index, or are not aligned", async () => {
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
  const module = await compileKernels();
  for (const base of [-64, 65537]) {
    assertThrows(() => instantiateKernels(module, memory, base), RangeError, "a multiple of 64");
  }
  assert(instantiateKernels(module, memory, 65536).relaxed() === 1);
});
