import { assertEquals } from "@std/assert";
import { number, parseFlags, text, toggle } from "../../../cli/flags.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { always, corpus, never, settingsFrom, settingsIn } from "../../../run/settings/table.ts";

/** The names in a run.json of format 6, as the program that brought that format wrote them. */
const FORMAT_6 = "sources preset seed steps seconds vocab context validateEvery patience holdOut " +
  "order warmUpCorpus maxPages include exclude delayMs allFiles minChars textField extract filters " +
  "limits languages minLanguageScore maskPersonalData nearDuplicates repeatedLines dedupAgainst " +
  "leaves gradAccumulation optimizer learningRate warmup decay schedule weightDecay clip guard init " +
  "userAgent allowPrivate strictSimd forced sitePort";

Deno.test("run.json has the settings by the names and in the order of its format", () => {
  const parse = (...args: string[]) =>
    settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS })).wanted;
  assertEquals(Object.keys(parse("--language", "en", "--recipe", "plain")).join(" "), FORMAT_6);
  // Languages are not detected unless asked for, and that program knew the plain recipe alone.
  assertEquals(Object.keys(parse()).join(" "), `${FORMAT_6.replace(" languages", "")} recipe`);
});

Deno.test("a flag says what is stored of it, by which name and until when it changes", () => {
  const flags = {
    "max-pages": corpus(number({ help: "pages", defaultValue: 9 })),
    delay: always(number({ help: "pause", defaultValue: 5 }), { key: "delayMs" }),
    size: never(number({ help: "size" }), {
      from: (size, { double }: { double: boolean }) => (size ?? 1) * (double ? 2 : 1),
    }),
    note: always(text({ help: "note" })),
    double: toggle({ help: "twice" }),
  };
  const settings = settingsFrom(flags, parseFlags(["--double", "--size", "4"], { flags }).values);
  // The types of the settings are those of their flags, or of what is made of them.
  const typed: { maxPages: number; delayMs: number; size: number; note?: string } = settings;
  assertEquals(typed, { maxPages: 9, delayMs: 5, size: 8 });
  // @ts-expect-error a flag without a setting is none
  assertEquals(settings.double, undefined);
  // @ts-expect-error what a setting follows from must be there
  settingsFrom({ size: flags.size }, { size: 1 });
  assertEquals(
    settingsIn(flags).map(([flag, { key, change }]) => `${flag} ${key} ${change}`),
    ["max-pages maxPages corpus", "delay delayMs always", "size size never", "note note always"],
  );
});
