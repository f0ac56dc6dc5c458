// The present settings as a command or a program.

/** Quoted for a POSIX shell. */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function curl({ base, body, key }) {
  return [
    `curl ${quoted(`${base}/completions`)}`,
    `-H 'content-type: application/json'`,
    ...(key ? [`-H ${quoted(`authorization: Bearer ${key}`)}`] : []),
    `-d ${quoted(JSON.stringify(body, null, 2))}`,
  ].join(" \\\n  ");
}

function openai({ base, body, key }) {
  const inner = JSON.stringify(body, null, 2);
  return [
    `import OpenAI from "openai";`,
    "",
    "const client = new OpenAI({",
    `  baseURL: ${JSON.stringify(base)},`,
    `  apiKey: ${JSON.stringify(key || "none")},`,
    "});",
    `const { choices } = await client.completions.create(${inner});`,
    "console.log(choices[0].text);",
  ].join("\n");
}

const WRITERS = { curl, openai };

/** The program in `language` that asks for `body`; a key is in it only where there is one. */
export function snippet(language, { base, body, key }) {
  return WRITERS[language]({ base, body, key });
}

/** Keeps `code` up to date with what `settings` gives, and copies it. */
export class Snippet {
  #code;
  #language;
  #settings;
  #note;

  constructor({ code, language, copy, copied, note }, settings) {
    this.#code = code;
    this.#language = language;
    this.#settings = settings;
    this.#note = note;
    language.addEventListener("change", () => this.update());
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        copied.textContent = "Copied";
      } catch {
        // A page over plain HTTP from elsewhere has no clipboard: the text is selected instead.
        getSelection().selectAllChildren(code);
        copied.textContent = "Selected: copy it by your keyboard or menu";
      }
    });
    addEventListener("input", () => {
      copied.textContent = "";
      this.update();
    });
    this.update();
  }

  /** Writes it anew. */
  update() {
    const settings = this.#settings();
    this.#code.textContent = snippet(this.#language.value, settings);
    this.#note.hidden = !settings.key;
  }
}
