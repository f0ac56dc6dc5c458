/**
 * Safetensors files made by hand, right or wrong.
 *
 * @module
 */
import { withDir } from "../with_dir.ts";

/** A header and data as a safetensors file; the length can be made to lie. */
export function fileOf(
  header: string | object,
  data: Uint8Array = new Uint8Array(),
  { length }: { length?: bigint } = {},
): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** Runs `use` on a file of these bytes. */
export async function withFile(
  bytes: Uint8Array,
  use: (path: string) => Promise<void>,
): Promise<void> {
  await withDir(async (dir) => {
    const path = `${dir}/given.safetensors`;
    await Deno.writeFile(path, bytes);
    await use(path);
  });
}
