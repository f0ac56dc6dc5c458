import { randomStream } from "../../model/random.ts";

/** Numbers that sizes and counts in file headers are put wrong by. */
const HOSTILE = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** `bytes` with one to eight faults, the same for the same number. */
export function mutate(bytes: Uint8Array, number: number): Uint8Array<ArrayBuffer> {
  const random = randomStream(number, { name: "mutate" });
  let drawn = 0;
  const below = (bound: number) => random.word(drawn++) % Math.max(1, bound);
  let mutated = Uint8Array.from(bytes);
  for (let left = 1 + below(8); left > 0; left--) {
    const at = below(mutated.length);
    const length = 1 + below(below(8) === 0 ? mutated.length - at : 16);
    const piece = mutated.slice(at, at + length);
    const replace = (by: Uint8Array, removed: number) => {
      mutated = Uint8Array.from([
        ...mutated.subarray(0, at),
        ...by,
        ...mutated.subarray(at + removed),
      ]);
    };
    switch (below(7)) {
      case 0: // A bit.
        mutated[at] = (mutated[at] ?? 0) ^ (1 << below(8));
        break;
      case 1: // Some bytes.
        replace(piece.map(() => below(256)), piece.length);
        break;
      case 2: { // A number.
        const four = new DataView(new ArrayBuffer(4));
        four.setUint32(0, HOSTILE[below(HOSTILE.length)] ?? 0, below(2) === 0);
        const width = 1 + below(4);
        replace(new Uint8Array(four.buffer).subarray(0, width), width);
        break;
      }
      case 3: // Something is missing.
        replace(new Uint8Array(), piece.length);
        break;
      case 4: // Something is there twice.
        replace(piece, 0);
        break;
      case 5: // Something has moved.
        mutated.copyWithin(below(mutated.length), at, at + length);
        break;
      case 6: // The end is missing.
        if (below(3) === 0) mutated = mutated.slice(0, at);
    }
  }
  return mutated;
}
