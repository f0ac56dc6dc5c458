/**
 * The words that llama.cpp makes of texts by what a GGUF file says of its tokenizer, where runtimes.ts
 * finds it.
 */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { EXPORT_FORMATS } from "../../run/export/format.ts";
import { presetConfig } from "../../model/config.ts";
import { createLayout } from "../../model/layout.ts";
import { randomStream } from "../../model/random.ts";
import { formatTokenizer, Tokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { prose } from "./corpus.ts";
import { openFolder } from "./program.ts";
import { answersOf, linkRuntimes, RUNTIMES } from "./runtimes.ts";

/** Prints the ids of the texts in the file of argument 1 by each model of the other arguments. */
const LLAMA_CPP = `
import { readFile } from "node:fs/promises";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
const [, , texts, ...paths] = process.argv;
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const answers = [];
for (const modelPath of paths) {
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  answers.push(JSON.parse(await readFile(texts, "utf8")).map((text) => model.tokenize(text)));
}
process.stdout.write(JSON.stringify(answers) + "\\n", () => process.exit(0));
`;

/** What tokenizers disagree on: each line is texts between `|`, with their escapes. */
const HOSTILE = String.raw`
1|12|123|1234|1234567 89|3.14159|٣٤٥٦|½²³⁴⁵|Ⅻ一二三|a1b22c333d4444|$100,000.00
it's IT'S it'S we'Ll they'VE I'm I'M 'd 'D 'x ' '|don''t 'twas 's's|it’s|'ſ 'ſt|camelCase XMLHttpRequest
\n|\r\n| \n|\n |a\nb|a \n\n  b|a\r\n\r\nb|  \n\t\n  x|.\n\n.|!\r\n
 |  |   a|a   |a  b   c|\t\ta|a\u00a0\u00a0b|a\u3000b|\u2028a\u2029|\u0085a
中文字符，测试。|日本語テキスト　です|한국어 텍스트|ไทย|हिन्दी में|العربية ١٢٣|Ελλάδα
e\u0301te\u0301|n\u0303|👩‍👩‍👧 👍🏽|\u200b\u200d|\ufeffa|𝒳𝟘|\u0378\ue000|\ufffd
://a_b-c/d?e=f&g#h|!!!???| ...|(a) [b] {c}|<\u007cendoftext\u007c>|\u0000\u0001`.slice(1)
  .split(/[\n|]/).map((text): string => JSON.parse(`"${text}"`));

Deno.test({
  name: "llama.cpp splits hostile texts as the tokenizer of a GGUF export does",
  ignore: RUNTIMES === undefined,
  async fn() {
    await using folder = await openFolder();
    // Often enough that merges make whole words of them, which another split would cut.
    const corpus = [prose(7, { words: 4000 }), ...Array(16).fill(HOSTILE).flat()];
    const random = randomStream(11, { name: "hostile" });
    const any = (at: number) => HOSTILE[random.word(at) % HOSTILE.length] as string;
    const texts = [
      ...HOSTILE,
      ...Array.from({ length: 300 }, (_, i) => any(3 * i) + any(3 * i + 1) + any(3 * i + 2)),
    ];
    const tokenizers: Tokenizer[] = [];
    const splits = ["gpt2", "gpt4", "smollm", "qwen2", "o200k", "deepseek"] as const;
    for (const split of splits) {
      tokenizers.push(await trainTokenizer(corpus, { vocabSize: 1200, split }));
    }
    const tekken = await trainTokenizer(corpus, { vocabSize: 1200, split: "tekken" });
    tokenizers.push(new Tokenizer({ ...tekken.parts, ignoreMerges: true }));
    const { parts } = tokenizers[1] as Tokenizer;
    // Two whole words that no merge makes, as Llama 3's vocabulary has some.
    const vocab = new Map(parts.vocab).set("Ġunmergeable", 1200).set("ĠConfederation", 1201);
    for (const ignoreMerges of [false, true]) {
      tokenizers.push(new Tokenizer({ ...parts, vocab, ignoreMerges }));
    }
    texts.push(" unmergeable Confederation");
    const paths = await Promise.all(tokenizers.map(async (tokenizer, i) => {
      const { vocabSize, endOfTextId } = tokenizer;
      const config = presetConfig("tiny", { vocabSize, endOfTextId });
      const layout = createLayout(config);
      const path = join(folder.path, `${i}.gguf`);
      await EXPORT_FORMATS["gguf-q8_0"].write(path, {
        from: folder.path,
        config,
        layout,
        parameters: new Float32Array(layout.length),
        tokenizerJson: formatTokenizer(tokenizer),
      });
      return path;
    }));
    await linkRuntimes(folder.path);
    const list = join(folder.path, "texts.json");
    await Deno.writeTextFile(list, JSON.stringify(texts));
    const found = await answersOf<number[][]>(LLAMA_CPP, {
      folder: folder.path,
      args: [list, ...paths],
    });
    for (const [i, tokenizer] of tokenizers.entries()) {
      const ids = texts.map((text) => [...tokenizer.encode(text)]);
      for (const [at, text] of texts.entries()) {
        const { split, ignoreMerges } = tokenizer.parts;
        // llama.cpp has no marks in these two.
        if ((split === "o200k" || split === "tekken") && /\p{M}/u.test(text)) continue;
        assertEquals(found[i]?.[at], ids[at], `${split} ${ignoreMerges}: ${JSON.stringify(text)}`);
      }
    }
  },
});
