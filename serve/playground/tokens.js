// The generated text, token by token: shaded by surprise, with what each could have been.
import { bitsIn, boundsOf, drawLegend, shadeOf, surprise } from "./shades.js";

/** A text is shaded anew when it has grown by this share, and at its end. */
const GROWTH = 1.1;

/** Shows tokens in `text`, and the one pointed at or moved to in `details`. */
export class TokenText {
  #text;
  #details;
  #legend;
  #bounds = [];
  #shaded = 0;
  #tokens = [];
  #length = 0;
  #current = -1;

  constructor(text, { details, legend }) {
    this.#text = text;
    this.#details = details;
    this.#legend = legend;
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
    this.#shaded = 0;
    this.#legend.hidden = true;
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
      const element = spaced(text.slice(start, starts[i + 1] ?? text.length));
      const alternatives = Object.entries(logprobs.top_logprobs[i])
        .map(([token, logprob]) => ({ token, probability: Math.exp(logprob) }))
        .sort((a, b) => b.probability - a.probability);
      this.#tokens.push({ element, token: logprobs.tokens[i], probability, alternatives });
      this.#text.append(element);
    }
    if (this.count > GROWTH * this.#shaded) this.shade();
    this.#details.invite();
  }

  /** Shades all tokens by how surprising each is in this text. */
  shade() {
    if (this.count === 0) return;
    this.#bounds = boundsOf(this.#tokens.map(({ probability }) => probability));
    for (const { element, probability } of this.#tokens) {
      element.lastElementChild.className = `s${shadeOf(probability, this.#bounds)}`;
    }
    this.#shaded = this.count;
    this.#legend.hidden = false;
    drawLegend([...this.#legend.children].slice(1), this.#bounds);
  }

  #indexOf(element) {
    const pointedAt = element.closest(".t");
    return this.#tokens.findIndex((token) => token.element === pointedAt);
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
function spaced(text) {
  const [space] = /^\s*/.exec(text);
  const token = document.createElement("span");
  token.className = "t";
  const word = document.createElement("span");
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
    this.#hint.hidden = true;
  }

  /** Says how to get here, once there is text. */
  invite() {
    this.#hint.hidden = !this.#panel.hidden;
  }

  show({ token, probability, alternatives }, number) {
    this.#hint.hidden = true;
    this.#panel.hidden = false;
    this.#title.replaceChildren(
      `Token ${number}: `,
      ...line(token, probability),
      `, ${bitsIn(surprise(probability))} bits`,
    );
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
