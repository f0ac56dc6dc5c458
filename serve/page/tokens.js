// The generated text, token by token: shaded by probability, with what each could have been.
const BOUNDS = [0.01, 0.05, 0.2, 0.5];

/** Shows tokens in `text`, and the one pointed at or moved to in `details`. */
export class TokenText {
  #text;
  #details;
  #tokens = [];
  #length = 0;
  #current = -1;

  constructor(text, details) {
    this.#text = text;
    this.#details = details;
    text.addEventListener("pointerover", ({ target }) => this.#show(this.#indexOf(target)));
    text.addEventListener("click", ({ target }) => this.#show(this.#indexOf(target)));
    text.addEventListener("keydown", (event) => this.#move(event));
  }

  /** How many tokens there are. */
  get count() {
    return this.#tokens.length;
  }

  /** Begins anew after `prompt`. */
  begin(prompt) {
    this.#tokens = [];
    this.#length = 0;
    this.#current = -1;
    const before = document.createElement("span");
    before.className = "prompt";
    before.textContent = prompt;
    this.#text.replaceChildren(before);
    this.#details.hide();
  }

  /** Adds a piece of text and the tokens that begin in it. */
  add(text, logprobs) {
    const from = this.#length;
    this.#length += text.length;
    const starts = logprobs.text_offset.map((start) => start - from);
    // What comes before the first token that begins here ends the one before.
    const rest = text.slice(0, starts[0] ?? text.length);
    if (rest) (this.#tokens.at(-1)?.element ?? this.#text).append(rest);
    for (const [i, start] of starts.entries()) {
      const probability = Math.exp(logprobs.token_logprobs[i]);
      const element = shaded(text.slice(start, starts[i + 1] ?? text.length), probability);
      const alternatives = Object.entries(logprobs.top_logprobs[i])
        .map(([token, logprob]) => ({ token, probability: Math.exp(logprob) }))
        .sort((a, b) => b.probability - a.probability);
      this.#tokens.push({ element, token: logprobs.tokens[i], probability, alternatives });
      this.#text.append(element);
    }
  }

  #indexOf(element) {
    return this.#tokens.findIndex((token) => token.element === element);
  }

  #move(event) {
    const last = this.count - 1;
    const to = {
      ArrowRight: Math.min(this.#current + 1, last),
      ArrowLeft: Math.max(this.#current - 1, 0),
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.#show(to);
  }

  #show(index) {
    const token = this.#tokens[index];
    if (!token) return;
    this.#tokens[this.#current]?.element.classList.remove("current");
    this.#current = index;
    token.element.classList.add("current");
    this.#details.show(token, index + 1);
  }
}

/** A token's text; the space before a word is left bare, so that words stand apart. */
function shaded(text, probability) {
  const [space] = /^\s*/.exec(text);
  const token = document.createElement("span");
  token.className = "t";
  const word = document.createElement("span");
  word.className = `p${BOUNDS.filter((bound) => probability >= bound).length}`;
  word.textContent = text.slice(space.length);
  token.append(space, word);
  return token;
}

/** The panel that tells of one token. */
export class TokenDetails {
  #panel;
  #title;
  #list;
  #hint;

  constructor({ panel, title, list, hint }) {
    this.#panel = panel;
    this.#title = title;
    this.#list = list;
    this.#hint = hint;
  }

  hide() {
    this.#panel.hidden = true;
    this.#hint.hidden = false;
  }

  show({ token, probability, alternatives }, number) {
    this.#hint.hidden = true;
    this.#panel.hidden = false;
    this.#title.replaceChildren(`Token ${number}: `, ...line(token, probability));
    this.#list.replaceChildren(...alternatives.map((alternative) => {
      const item = document.createElement("li");
      if (alternative.token === token) item.className = "chosen";
      item.append(...line(alternative.token, alternative.probability));
      return item;
    }));
  }
}

function line(token, probability) {
  const code = document.createElement("code");
  code.textContent = token.replaceAll(" ", "\u00b7").replaceAll("\n", "\u21b5") || "\u2205";
  return [code, ` ${percent(probability)}`];
}

function percent(probability) {
  const value = 100 * probability;
  return value < 0.1 ? "under 0.1 %" : `${value.toFixed(value < 10 ? 1 : 0)} %`;
}
