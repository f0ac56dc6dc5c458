/** Documents of any number, each different, generated one at a time. */
import { randomStream } from "../model/random.ts";
import type { Document } from "../stages/types.ts";

/** Characters of each document, about. */
const DOCUMENT_CHARS = 30_000;
/** Characters that are copied at a time; then comes a word made up of a number. */
const STRETCH_CHARS = 600;

/** Documents of stretches of `corpus` from anywhere, with words never seen before among them. */
export function* generateDocuments(corpus: string, chars: number): Generator<Document, void> {
  const random = randomStream(7, { name: "corpus" });
  let at = 0;
  for (let index = 0; chars > 0; index++) {
    const parts: string[] = [];
    for (let length = 0; length < DOCUMENT_CHARS; length += STRETCH_CHARS) {
      const from = random.word(at++) % (corpus.length - STRETCH_CHARS);
      const word = random.word(at++).toString(36).replace(/\d/g, "e");
      parts.push(corpus.slice(from, from + STRETCH_CHARS), ` ${word} `);
    }
    const text = parts.join("");
    chars -= text.length;
    yield {
      id: index.toString(16).padStart(16, "0"),
      url: `http://corpus/${index}`,
      title: "",
      text,
      lang: "en",
      fetchedAt: "",
    };
  }
}
