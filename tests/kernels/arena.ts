/**
 * Arrays that exist twice: as f32 in a kernel's memory, fenced by canary words, and as the f64 array
 * its reference computes on.
 */
import { assert } from "@std/assert";
import { compileKernels, instantiateKernels, type Kernels } from "../../kernels/mod.ts";
import { randomStream } from "../../model/random.ts";

const CANARY = 0x5ca1ab1e;
const FENCE = 16;

/** One array: its address, its kernel side and its reference side. */
export interface Twin {
  readonly at: number;
  readonly actual: Float32Array;
  readonly expected: Float64Array;
}

/** A kernel instance with memory of its own, filled front to back. */
export class Arena {
  readonly #words: Uint32Array;
  readonly #random;
  readonly #fences: number[] = [];
  #end = 16384;
  #draws = 0;

  constructor(readonly kernels: Kernels, readonly memory: WebAssembly.Memory, seed: number) {
    this.#words = new Uint32Array(memory.buffer);
    this.#random = randomStream(seed, { name: "kernel-tests" });
  }

  /** Normally distributed values times `scale`, or the given ones. */
  floats(values: number | readonly number[], scale = 1): Twin {
    const given = typeof values === "number"
      ? Array.from({ length: values }, () => this.#random.normal(this.#draws++) * scale)
      : values;
    const at = this.#take(given.length);
    const actual = new Float32Array(this.memory.buffer, at, given.length);
    actual.set(given);
    return { at, actual, expected: Float64Array.from(actual) };
  }

  /** 32-bit integers; returns the address. */
  integers(values: readonly number[]): number {
    const at = this.#take(values.length);
    new Int32Array(this.memory.buffer, at).set(values);
    return at;
  }

  /** An integer from 0 to below `limit`. */
  draw(limit: number): number {
    return Math.floor(this.#random.uniform(this.#draws++) * limit);
  }

  /** Asserts that every fence between the arrays still stands. */
  checkFences(shape: string): void {
    for (const fence of this.#fences) {
      for (let i = fence; i < fence + FENCE; i++) {
        assert(this.#words[i] === CANARY, `${shape}: word ${i - fence} past an array overwritten`);
      }
    }
  }

  #take(length: number): number {
    const start = this.#end + FENCE;
    this.#end = start + length;
    for (const fence of [start - FENCE, this.#end]) {
      this.#words.fill(CANARY, fence, fence + FENCE);
      this.#fences.push(fence);
    }
    return start * 4;
  }
}

/** Where a 256-bit tile is, past what the arenas take. */
const SIMD256_TILE = 60 * 65536;

/**
 * Runs `test` once for the relaxed and once for the plain build, and where `simd256` says so with the
 * 256-bit tile, or with that alone, with a maker of fresh arenas.
 */
export function testKernels(
  name: string,
  test: (newArena: (seed: number) => Arena) => void,
  { simd256 = false }: { simd256?: boolean | "only" } = {},
): void {
  const builds = [
    ...(simd256 === "only" ? [] : [
      { build: "relaxed", strictSimd: false, tile: 0 },
      { build: "plain", strictSimd: true, tile: 0 },
    ]),
    ...(simd256 ? [{ build: "simd256", strictSimd: false, tile: SIMD256_TILE }] : []),
  ];
  for (const { build, strictSimd, tile } of builds) {
    Deno.test(`${name} (${build})`, async () => {
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
      const kernels = instantiateKernels(await compileKernels({ strictSimd }), memory, tile);
      test((seed) => new Arena(kernels, memory, seed));
    });
  }
}

/** How far a kernel may be from its reference: `absolute + relative · |expected|`. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

/** Asserts that the kernel's side equals the reference's, naming the first element that does not. */
export function assertTwin(
  { actual, expected }: Twin,
  { absolute = 0, relative = 0 }: Tolerance,
  shape: string,
): void {
  for (const [i, value] of actual.entries()) {
    const wanted = expected[i] ?? NaN;
    const limit = absolute + relative * Math.abs(wanted);
    assert(
      Object.is(value, Math.fround(wanted)) || Math.abs(value - wanted) <= limit,
      `${shape}: element ${i} is ${value}, not ${wanted} (within ${limit})`,
    );
  }
}
