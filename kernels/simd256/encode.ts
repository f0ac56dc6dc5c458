/**
 * The parts of WebAssembly's binary format that the 256-bit tile needs (WebAssembly Core
 * Specification 3, chapter "Binary Format").
 *
 * @module
 */
import type { ElementType } from "../templates/mod.ts";

/** Bytes of a number as unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 128 : low);
  } while (value > 0);
  return bytes;
}

/** Bytes of a 32-bit integer as signed LEB128. */
export function signed(value: number): number[] {
  const bytes = [];
  for (value |= 0;;) {
    const low = value & 127;
    value >>= 7;
    if (value === (low & 64 ? -1 : 0)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

/** A vector of already encoded items. */
export function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** A name, ASCII. */
export function name(text: string): number[] {
  return [...unsigned(text.length), ...new TextEncoder().encode(text)];
}

/** A section of the module. */
export function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/** Value types. */
export const I32 = 0x7f;
/** The 128-bit vector type. */
export const V128 = 0x7b;

/** One function's body under construction. */
export class Body {
  readonly #code: number[] = [];

  /** @param vectors number of v128 locals after the parameters */
  constructor(readonly vectors: number) {}

  get(local: number): this {
    return this.#put(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.#put(0x21, ...unsigned(local));
  }

  constant(value: number): this {
    return this.#put(0x41, ...signed(value));
  }

  add(): this {
    return this.#put(0x6a);
  }

  /** Leaves the block {@linkcode block} opened if the local is at most `value`. */
  leaveIfAtMost(local: number, value: number): this {
    return this.get(local).constant(value).#put(0x4c, 0x0d, 0);
  }

  block(): this {
    return this.#put(0x02, 0x40);
  }

  loop(): this {
    return this.#put(0x03, 0x40);
  }

  /** Repeats the innermost loop, decrementing the local, until it is zero. */
  countDown(local: number): this {
    return this.get(local).constant(1).#put(0x6b, 0x22, ...unsigned(local), 0x0d, 0);
  }

  /** Ends a block or one side of a condition. */
  end(): this {
    return this.#put(0x0b);
  }

  /** Begins code, up to `else` or `end`, that runs where the local has any of these bits. */
  ifAny(local: number, bits: number): this {
    return this.get(local).constant(bits).#put(0x71, 0x04, 0x40);
  }

  otherwise(): this {
    return this.#put(0x05);
  }

  call(index: number): this {
    return this.#put(0x10, ...unsigned(index));
  }

  /** v128.load of the address on the stack, `offset` bytes further. */
  load(offset: number): this {
    return this.#put(0xfd, 0x00, 2, ...unsigned(offset));
  }

  store(offset: number): this {
    return this.#put(0xfd, 0x0b, 2, ...unsigned(offset));
  }

  zeros(): this {
    return this.#put(0xfd, 0x0c, ...new Array<number>(16).fill(0));
  }

  /** Broadcasts one lane of the vector in `local` to all four. */
  splatLane(local: number, lane: number): this {
    const bytes = Array.from({ length: 16 }, (_, i) => lane * 4 + i % 4);
    return this.get(local).get(local).#put(0xfd, 0x0d, ...bytes);
  }

  addVectors(): this {
    return this.#put(0xfd, ...unsigned(0xe4));
  }

  /** Of a, b and c: f32x4.relaxed_madd, or i32x4.relaxed_dot_i8x16_i7x16_add_s. */
  multiplyAdd(type: ElementType): this {
    return this.#put(0xfd, ...unsigned(type === "f32" ? 0x105 : 0x113));
  }

  /** The encoded body with its locals. */
  encode(): number[] {
    const locals = vector([[...unsigned(this.vectors), V128]]);
    const content = [...locals, ...this.#code, 0x0b];
    return [...unsigned(content.length), ...content];
  }

  #put(...bytes: number[]): this {
    for (const byte of bytes) this.#code.push(byte);
    return this;
  }
}

/** A function of the module: name of its export, if it has one, number of i32 parameters, body. */
export interface WasmFunction {
  readonly name?: string;
  readonly parameters: number;
  readonly body: Body;
}

/** A module that imports `env.memory`, shared and of at least `bytes`, and exports functions. */
export function encodeModule(
  bytes: number,
  functions: readonly WasmFunction[],
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...vector(new Array<number[]>(parameters).fill([I32])),
    0,
  ]);
  const pages = Math.ceil(bytes / 65536);
  const memory = [...name("env"), ...name("memory"), 2, 3, ...unsigned(pages), ...unsigned(65536)];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(
      7,
      vector(functions.flatMap((f, i) => f.name ? [[...name(f.name), 0, ...unsigned(i)]] : [])),
    ),
    ...section(10, vector(functions.map(({ body }) => body.encode()))),
  ]);
}
