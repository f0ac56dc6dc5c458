/**
 * A reader of TensorBoard's event files that shares nothing with the writer: CRC-32C bit by bit,
 * and protobuf's wire format by hand.
 *
 * @module
 */

/** One event, as far as scalars go. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly sessionStatus?: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** The events of a file; throws where a checksum is wrong or bytes are missing. */
export function readEvents(bytes: Uint8Array): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at < bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    const length = Number(view.getBigUint64(0, true));
    check(bytes.subarray(at, at + 8), view.getUint32(8, true));
    const body = bytes.subarray(at + 12, at + 12 + length);
    check(body, view.getUint32(12 + length, true));
    events.push(readEvent(body));
    at += 16 + length;
  }
  return events;
}

function check(bytes: Uint8Array, stored: number): void {
  const rotated = (stored - 0xa282ead8) >>> 0;
  const crc = (rotated << 15 | rotated >>> 17) >>> 0;
  if (crc !== crcOf(bytes)) throw new Error(`checksum ${crc} of ${bytes.length} bytes is wrong`);
}

/** RFC 3720's CRC, most significant bit first, by long division. */
export function crcOf(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  const reflect = (value: number, bits: number) => {
    let reflected = 0;
    for (let i = 0; i < bits; i++) if (value >>> i & 1) reflected |= 1 << bits - 1 - i;
    return reflected >>> 0;
  };
  for (const byte of bytes) {
    remainder = (remainder ^ reflect(byte, 8) << 24) >>> 0;
    for (let i = 0; i < 8; i++) {
      const carry = remainder >>> 31;
      remainder = (remainder << 1 ^ (carry ? 0x1edc6f41 : 0)) >>> 0;
    }
  }
  return (reflect(remainder, 32) ^ 0xffffffff) >>> 0;
}

type Field = { id: number; number?: number; bytes?: Uint8Array };

function* fields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [id, type] = [key >>> 3, key & 7];
    if (type === 0) yield { id, number: varint() };
    else if (type === 1) yield { id, number: view.getFloat64((at += 8) - 8, true) };
    else if (type === 5) yield { id, number: view.getFloat32((at += 4) - 4, true) };
    else if (type === 2) {
      const length = varint();
      yield { id, bytes: bytes.subarray(at, at += length) };
    } else throw new Error(`wire type ${type}`);
  }
}

function readEvent(bytes: Uint8Array): ReadEvent {
  let event: ReadEvent = { wallTime: NaN, step: 0, scalars: {} };
  const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
  for (const { id, number = NaN, bytes: body = new Uint8Array() } of fields(bytes)) {
    if (id === 1) event = { ...event, wallTime: number };
    if (id === 2) event = { ...event, step: number };
    if (id === 3) event = { ...event, fileVersion: text(body) };
    if (id === 7) {
      for (const status of fields(body)) event = { ...event, sessionStatus: status.number ?? NaN };
    }
    if (id !== 5) continue;
    for (const { bytes: value = new Uint8Array() } of fields(body)) {
      const [tag, scalar] = [...fields(value)];
      event = {
        ...event,
        scalars: { ...event.scalars, [text(tag?.bytes)]: scalar?.number ?? NaN },
      };
    }
  }
  return event;
}
