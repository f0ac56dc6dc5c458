/**
 * A second memory for what the kernels seldom touch. Their own has 32-bit addresses and 4 GiB at
 * most; this one has 64-bit addresses. Kernels work on parts that are copied between the two.
 *
 * @module
 */
import { I32, name, section, unsigned, vector } from "./simd256/encode.ts";

/** Most bytes of a far memory. */
export const MAX_FAR_BYTES = 2 ** 34;

const PAGE = 65536;
const I64 = 0x7e;
const LOCAL_GET = 0x20, END = 0x0b;
/** `memory.copy`, followed by the numbers of both memories. */
const MEMORY_COPY = [0xfc, 0x0a];
/** Flags of a memory's limits: shared with a maximum, and 64-bit. */
const SHARED = 3, SHARED64 = 7;

/** Copies bytes between the memories; addresses are in bytes. */
export interface FarCopies {
  /** From the far memory to the near. */
  load(to: number, from: number, bytes: number): void;
  /** From the near memory to the far. */
  store(to: number, from: number, bytes: number): void;
}

/** A shared memory of at least `bytes` with 64-bit addresses. */
export function createFarMemory(bytes: number): WebAssembly.Memory {
  const pages = BigInt(Math.max(1, Math.ceil(bytes / PAGE)));
  // TypeScript's library does not know 64-bit memories yet.
  const descriptor: object = { address: "i64", initial: pages, maximum: pages, shared: true };
  return new WebAssembly.Memory(descriptor as WebAssembly.MemoryDescriptor);
}

/**
 * The copies between two shared memories.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createFarMemory, instantiateFarCopies } from "./far_memory.ts";
 * const near = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
 * const far = createFarMemory(65536);
 * new Float32Array(far.buffer)[3] = 7;
 * instantiateFarCopies({ near, far }).load(64, 12, 4);
 * assertEquals(new Float32Array(near.buffer)[16], 7);
 * ```
 */
export function instantiateFarCopies(
  { near, far }: { near: WebAssembly.Memory; far: WebAssembly.Memory },
): FarCopies {
  const { exports } = new WebAssembly.Instance(compiled ??= compile(), { env: { near, far } });
  const { load, store } = exports as object as {
    load(to: number, from: bigint, bytes: number): void;
    store(to: bigint, from: number, bytes: number): void;
  };
  return {
    load: (to, from, bytes) => load(to, BigInt(from), bytes),
    store: (to, from, bytes) => store(BigInt(to), from, bytes),
  };
}

let compiled: WebAssembly.Module | undefined;

/** A module of two functions, each a `memory.copy` of its three arguments. */
function compile(): WebAssembly.Module {
  const type = (...parameters: number[]) => [0x60, ...vector(parameters.map((t) => [t])), 0];
  const memory = (
    which: string,
    flags: number,
    mostBytes: number,
  ) => [...name("env"), ...name(which), 2, flags, ...unsigned(1), ...unsigned(mostBytes / PAGE)];
  const copy = (to: number, from: number) => {
    const body = [0, LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, ...MEMORY_COPY, to, from, END];
    return [...unsigned(body.length), ...body];
  };
  return new WebAssembly.Module(
    new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector([type(I32, I64, I32), type(I64, I32, I32)])),
      ...section(
        2,
        vector([memory("near", SHARED, 2 ** 32), memory("far", SHARED64, MAX_FAR_BYTES)]),
      ),
      ...section(3, vector([[0], [1]])),
      ...section(7, vector([[...name("load"), 0, 0], [...name("store"), 0, 1]])),
      ...section(10, vector([copy(0, 1), copy(1, 0)])),
    ]),
  );
}
