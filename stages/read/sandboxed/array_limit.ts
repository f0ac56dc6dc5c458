/**
 * Bounds the memory that a library takes outside of the heap, where no limit of a thread reaches.
 *
 * @module
 */
import { ReadFailure } from "../failure.ts";

/** Smaller arrays do not count. */
const COUNTED_BYTES = 64 * 1024;

/** Bounds on arrays of bytes. */
export interface ArrayLimits {
  /** Of one array. */
  readonly eachBytes: number;
  /** Of all together, whether they are still in use or not. */
  readonly totalBytes: number;
}

/**
 * While the result is not disposed, an array of bytes past the limits cannot be made in this thread:
 * a library that unpacks by doubling its array, as PDF.js does, ends there. Decompression streams,
 * which do not go through such an array, are absent meanwhile.
 */
export function limitArrays({ eachBytes, totalBytes }: ArrayLimits): Disposable & {
  /** @throws {ReadFailure} where a limit was met, whatever the library has made of it */
  check(): void;
} {
  const free = globalThis.Uint8Array, streams = globalThis.DecompressionStream;
  let total = 0;
  let broken: string | undefined;
  globalThis.Uint8Array = new Proxy(free, {
    construct(target, args, newTarget) {
      const [length] = args;
      if (typeof length === "number" && length > COUNTED_BYTES) {
        total += length;
        if (length > eachBytes) broken = `a part of it unpacks to more than ${eachBytes} bytes`;
        else if (total > totalBytes) broken = `its parts unpack to more than ${totalBytes} bytes`;
        if (broken !== undefined) throw new RangeError(broken);
      }
      return Reflect.construct(target, args, newTarget);
    },
  });
  Reflect.deleteProperty(globalThis, "DecompressionStream");
  return {
    check() {
      if (broken !== undefined) throw new ReadFailure("too-large", broken);
    },
    [Symbol.dispose]() {
      globalThis.Uint8Array = free;
      globalThis.DecompressionStream = streams;
    },
  };
}
