/**
 * The text of a mail (RFC 5322 and MIME), without what is attached to it.
 *
 * @module
 */
import PostalMime from "postal-mime";
import type { Declared } from "../../types.ts";
import { textParts } from "./parts.ts";
import { HTML, type SealedPage, type Task } from "./task.ts";

/** The plain text of a mail where it has one, else its HTML. */
export async function* readMail(
  task: Task & { bytes: Uint8Array<ArrayBuffer> },
): AsyncGenerator<SealedPage> {
  const { subject, from, date, text, html } = await PostalMime.parse(task.bytes, {
    maxNestingDepth: 32,
    maxHeadersSize: 1024 * 1024,
  });
  const time = Date.parse(date ?? "");
  const declared: Declared = {
    ...(subject === undefined || subject === "" ? {} : { title: subject }),
    ...(from?.name ? { author: from.name } : {}),
    ...(Number.isNaN(time) ? {} : { date: new Date(time).toISOString() }),
  };
  if (text !== undefined && text.trim() !== "") {
    return yield* textParts([text], { ...task, declared });
  }
  if (html === undefined) return yield* textParts([" "], { ...task, declared });
  yield { part: "", contentType: HTML, body: new TextEncoder().encode(html), declared };
}
