/**
 * Packs files as ZIP archives (APPNOTE.TXT 6.3.3), large ones in no time.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";

const LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50;
const DEFLATED = 8, VERSION = 20, UTF8 = 0x800;
/** 1980-01-01, the first day that can be written. */
const DATE = 0x21;

/** Numbers of two bytes, or of four where they say so. */
function numbers(...fields: readonly (number | readonly [four: number])[]): Buffer {
  return Buffer.concat(fields.map((field) => {
    const bytes = Buffer.alloc(typeof field === "number" ? 2 : 4);
    if (typeof field === "number") bytes.writeUInt16LE(field);
    else bytes.writeUInt32LE(field[0]);
    return bytes;
  }));
}

/** Files by their paths, as an archive. */
export function zipFile(files: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  const parts: Buffer[] = [], directory: Buffer[] = [];
  let at = 0;
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content as Uint8Array), name = Buffer.from(path);
    const packed = deflateRawSync(bytes);
    const about = numbers(
      ...[UTF8, DEFLATED, 0, DATE, [crc32(bytes)] as const],
      ...[[packed.length] as const, [bytes.length] as const, name.length, 0],
    );
    const local = Buffer.concat([numbers([LOCAL], VERSION), about, name, packed]);
    const ending = numbers(0, 0, 0, [0], [at]);
    directory.push(Buffer.concat([numbers([CENTRAL], VERSION, VERSION), about, ending, name]));
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const count = directory.length;
  return Buffer.concat([
    ...parts,
    central,
    numbers([END], 0, 0, count, count, [central.length], [at], 0),
  ]);
}
