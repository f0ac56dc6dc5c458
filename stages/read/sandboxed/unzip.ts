/**
 * Takes files out of a zip archive, within a bound that holds whatever the archive says of itself.
 *
 * @module
 */
import { unzipSync } from "fflate";
import { ReadFailure } from "../failure.ts";

/** Files in one archive. */
const MAX_FILES = 20_000;

/** Files by their path in the archive. */
export type Files = ReadonlyMap<string, Uint8Array>;

/**
 * The files of an archive whose paths are wanted. An archive is unpacked into the room that it says
 * a file takes, so that what the sizes add up to is what it can take.
 *
 * @throws {ReadFailure} `too-large` past `maxBytes`, `malformed` for what is no archive
 */
export function unzip(
  bytes: Uint8Array,
  { wanted, maxBytes }: { wanted: (path: string) => boolean; maxBytes: number },
): Files {
  let files = 0, unpacked = 0;
  const found = unzipSync(bytes, {
    filter({ name, size, originalSize, compression }) {
      if (++files > MAX_FILES) {
        throw new ReadFailure("too-large", `the archive holds more than ${MAX_FILES} files`);
      }
      if (!wanted(name)) return false;
      // What is stored uncompressed is copied by its other size.
      unpacked += compression === 0 ? size : originalSize;
      if (unpacked > maxBytes) {
        throw new ReadFailure("too-large", `it unpacks to more than ${maxBytes} bytes`);
      }
      return true;
    },
  });
  return new Parts(Object.entries(found));
}

/** Parts of an Office document have names without regard to case (ECMA-376, part 2, 6.2.2.3). */
class Parts extends Map<string, Uint8Array> {
  readonly #names = new Map<string, string>();

  constructor(entries: Iterable<[string, Uint8Array]>) {
    super();
    for (const [name, bytes] of entries) this.set(name, bytes);
  }

  override set(name: string, bytes: Uint8Array): this {
    // Some programs write the paths of Windows.
    const path = name.replaceAll("\\", "/");
    const key = path.toLowerCase();
    if (!this.#names.has(key)) this.#names.set(key, path);
    return super.set(path, bytes);
  }

  override get(path: string): Uint8Array | undefined {
    return super.get(path) ?? super.get(this.#names.get(path.toLowerCase()) ?? "");
  }
}
