/**
 * Part of a compressed archive: the members that begin between two bytes of it.
 *
 * @module
 */
import { ByteReader } from "./byte_reader.ts";
import { readBytes } from "./bytes.ts";
import { ReadFailure } from "./failure.ts";
import { type Member, members } from "./members.ts";
import type { FileRange, SourceFile } from "./walk.ts";
import { beginsWarc } from "./warc_record.ts";

/**
 * The members that begin in `range`, each named by its place in the whole file. A part that begins
 * inside of the file begins at the first member there that unpacks to a record; the part before it
 * ends at the same one.
 */
export async function* membersBetween(
  { path }: SourceFile,
  { start, end }: FileRange,
): AsyncGenerator<Member> {
  const source = new ByteReader(readBytes(path, { start }));
  try {
    let isInside = start === 0;
    for await (const { offset, content } of members(source, "gzip")) {
      if (start + offset >= end) return;
      isInside ||= await beginsRecord(content);
      if (isInside) yield { offset: start + offset, content };
    }
  } finally {
    await source.close();
  }
}

/** Whether bytes that look like a member are one, and not the middle of another. */
async function beginsRecord(content: ByteReader): Promise<boolean> {
  try {
    return beginsWarc(await content.peek(16));
  } catch (error) {
    if (error instanceof ReadFailure) return false;
    throw error;
  }
}
