/**
 * Where a zstd frame ends (RFC 8878, section 3.1): the decoder does not say, and would take the next
 * frame for more of the same.
 *
 * @module
 */
import type { ByteReader } from "./byte_reader.ts";
import { ReadFailure } from "./failure.ts";

const MAX_BLOCK_BYTES = 128 * 1024;
/** Types of blocks. */
const REPEATED = 1, UNKNOWN = 3;

/** Whether a frame may begin with these bytes. */
export const beginsZstd = (head: Uint8Array): boolean =>
  head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;

/** Whether these bytes begin a frame for other programs' use. */
export const isSkippable = (head: Uint8Array): boolean =>
  ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;

/** Passes over a frame for other programs' use. */
export async function skipFrame(packed: ByteReader): Promise<void> {
  const head = await packed.peek(8);
  const size = head.byteLength < 8 ? 0 : new DataView(head.slice().buffer).getUint32(4, true);
  await packed.skip(8 + size);
}

/**
 * The bytes of the frame that begins here, header, blocks and checksum.
 *
 * @throws {ReadFailure} where they can be those of no frame
 */
export async function* zstdFrame(packed: ByteReader): AsyncGenerator<Uint8Array> {
  const take = async function* (count: number): AsyncGenerator<Uint8Array> {
    let taken = 0;
    for await (const chunk of packed.chunks(count)) {
      taken += chunk.byteLength;
      yield chunk;
    }
    if (taken < count) throw new ReadFailure("malformed", "the zstd data ends early");
  };
  const flags = (await packed.peek(5))[4] ?? 0;
  const isSingle = (flags & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
  const contentSize = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  yield* take(5 + (isSingle ? 0 : 1) + dictionary + contentSize);
  for (let isLast = false; !isLast;) {
    const [low = 0, middle = 0, high = 0] = await packed.peek(3);
    const header = low | (middle << 8) | (high << 16);
    const type = (header >> 1) & 3, size = header >> 3;
    if (type === UNKNOWN || size > MAX_BLOCK_BYTES) {
      throw new ReadFailure("malformed", "the zstd data is broken: there is no such block");
    }
    isLast = (header & 1) === 1;
    yield* take(3 + (type === REPEATED ? 1 : size));
  }
  if (flags & 4) yield* take(4);
}
