import { assert, assertEquals } from "@std/assert";
import { eld } from "eld/large";
import {
  LANGUAGES,
  loadLanguageDetector,
  refuseLanguage,
} from "../../../stages/refine/language.ts";

/** One sentence, in each language by its ISO 639-1 code. */
const SAMPLES: Readonly<Record<string, string>> = {
  en: "The committee will meet again on Thursday, when the new budget should be ready for a vote.",
  de: "Der Ausschuss trifft sich am Donnerstag wieder, dann sollte der neue Haushalt vorliegen.",
  fr: "La commission se réunira de nouveau jeudi, lorsque le nouveau budget devrait être prêt.",
  es: "La comisión se reunirá de nuevo el jueves, cuando el nuevo presupuesto debería estar listo.",
  it:
    "La commissione si riunirà di nuovo giovedì, quando il nuovo bilancio dovrebbe essere pronto.",
  nl: "De commissie komt donderdag weer bijeen, wanneer de nieuwe begroting klaar zou moeten zijn.",
  ru: "Комитет снова соберётся в четверг, когда должен быть готов новый бюджет на следующий год.",
  ja: "委員会は木曜日に再び開かれ、その時までに新しい予算案がまとまる見込みです。",
  zh: "委员会将于星期四再次开会，届时新的预算应该已经准备好进行表决。",
  ko: "위원회는 목요일에 다시 모일 예정이며 그때까지 새 예산안이 준비되어야 합니다.",
  ar: "ستجتمع اللجنة مرة أخرى يوم الخميس عندما تكون الميزانية الجديدة جاهزة للتصويت.",
};

Deno.test("the languages that can be named are those of the detector", () => {
  assertEquals(LANGUAGES, Object.values(eld.info().Languages));
});

Deno.test("prose of many languages is known as what it is", async () => {
  const detect = await loadLanguageDetector();
  for (const [language, text] of Object.entries(SAMPLES)) {
    const found = detect(text);
    assertEquals(found.language, language);
    assert(found.score > 0.4 && found.score <= 1, `${language} ${found.score}`);
    assertEquals(detect(text), found);
  }
  assertEquals(detect("12345 67890 --- +++"), { language: "und", score: 0 });
});

Deno.test("a text goes for its language, or for a score below the limit", () => {
  const choice = { languages: ["en", "de"], minScore: 0.5 };
  const outcome = (language: string, score: number, languages = choice.languages) =>
    refuseLanguage({ language, score }, { ...choice, languages });
  assertEquals(outcome("en", 0.5), undefined);
  assertEquals(outcome("de", 1), undefined);
  assertEquals(outcome("en", 0.49), {
    reason: "language",
    detail: "the score of en is 0.49, --language-score is 0.5",
  });
  assertEquals(outcome("fr", 0.91), {
    reason: "language",
    detail: "the text is in fr (score 0.91), --language is en,de",
  });
  assertEquals(outcome("und", 0)?.reason, "language");
  // None named: languages are noted only.
  assertEquals(outcome("fr", 0.1, []), undefined);
});
