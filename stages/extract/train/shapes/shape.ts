/**
 * Pages written down with what of them is text: `{7}` stands for a paragraph of two sentences from
 * the seventh on, `((…))` marks other text that is wanted, `[[…]]` text that is not.
 *
 * @module
 */

/** A page, and the segments that must and must not be in its text. */
export interface Shape {
  readonly name: string;
  readonly html: string;
  readonly must: readonly string[];
  readonly mustNot: readonly string[];
}

const SENTENCES = [
  "The mill stands where two brooks meet, and its wheel has turned since the old bridge was rebuilt.",
  "A timer that is set twice keeps only its last value, so callers need not cancel the first one.",
  "Every spring the ferry is painted anew, which takes three people the better part of a week.",
  "When the buffer is full the writer waits, and it goes on as soon as the reader has taken a line.",
  "The council agreed on Tuesday to keep the library open for two more evenings each month.",
  "Cold water slows the yeast down, but it does not harm the bread if you give it enough time.",
  "An index helps only where the query names the columns in the order in which they were declared.",
  "Her first novel was printed in a cellar, on a press that had served a seed merchant before.",
  "The path climbs gently through beeches for an hour before the view opens to the south.",
  "If the lamp blinks four times after start, the battery is weak and should be charged at once.",
  "Readers have asked why the old files are kept at all; the answer is that tools still look there.",
  "Nobody remembers who carved the figures above the door, yet everyone has a story about them.",
  "The new valve closes without noise, which the engineers had not expected from a part so cheap.",
  "Two trains were late by an hour because a tree had fallen across the line near the tunnel.",
  "You can pass a function instead of a path, and it is called once for each entry that is found.",
  "Salt was carried over this pass for six centuries, first on foot and later by mules.",
  "The soil here is heavy and holds water well, so beans do better than carrots in most years.",
  "After the second reading the committee removed the clause that had caused most of the letters.",
  "A lock that is held too long shows up in the report as time spent waiting by everybody else.",
  "Winter guests should bring a lamp of their own, for the hut has no light after nine.",
  "The sound of the bell carries far on still days and is said to foretell a change of weather.",
  "Our measurements agree with the earlier ones within a tenth, apart from the two wettest sites.",
  "She learned to weld at fourteen and built her first boat before she could drive a car.",
  "Do not open the housing while the fan is turning, even when the red light has gone out.",
];

/** A page as it is written down. */
export interface WrittenShape {
  readonly name: string;
  readonly written: string;
}

/** Writes a page down. */
export const shape = (name: string, written: string): WrittenShape => ({ name, written });

/** Two sentences; in other variants of a page others, from one to three. */
function prose(number: number, variant: number): string {
  const count = variant === 0 ? 2 : 1 + (number + variant) % 3;
  const first = number * 2 + variant * 7;
  return Array.from({ length: count }, (_, i) => SENTENCES[(first + i) % SENTENCES.length]).join(
    " ",
  );
}

/** Reads a page written down so; its variants differ in their prose. */
export function readShape({ name, written }: WrittenShape, variant = 0): Shape {
  const must: string[] = [], mustNot: string[] = [];
  const body = written
    .replace(/\{(\d+)\}/g, (_, number) => {
      const text = prose(Number(number), variant);
      must.push(text);
      return text;
    })
    .replace(/\(\(([^]*?)\)\)/g, (_, text) => (must.push(plain(text)), text))
    .replace(/\[\[([^]*?)\]\]/g, (_, text) => (mustNot.push(plain(text)), text));
  const html =
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}</title></head>` +
    `${body.includes("<body") ? "" : "<body>"}${body}</html>`;
  return { name, html, must, mustNot };
}

const plain = (text: string) =>
  text.replace(/<[^>]*>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&").replace(/\s+/g, " ").trim();
