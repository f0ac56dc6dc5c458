/**
 * Languages of bytes, and what is left of one after a byte: its Brzozowski derivative (Journal of the
 * ACM 11, 1964). Equal languages that are built equally are one object, so that a language serves as
 * the state of an automaton whose transitions are found, and kept, as they are needed. Names make
 * recursion possible.
 *
 * @module
 */
import { atOnce, type Steps } from "../turns.ts";

/** A set of texts, in bytes. Made by {@linkcode Languages} alone. */
export interface Language {
  /** Unique among the languages of one maker. */
  readonly id: number;
  readonly form: Form;
  /** Whether the empty text is in it. */
  readonly nullable: boolean;
  /** What is left after a byte, as far as that was asked for. */
  readonly after: Map<number, Language>;
}

/** What a language is made of. */
export type Form =
  | { readonly kind: "nothing" }
  | { readonly kind: "empty" }
  /** One byte, of those whose entry `[256]` is 1. */
  | { readonly kind: "byte"; readonly key: string; readonly members: Uint8Array }
  | { readonly kind: "sequence"; readonly first: Language; readonly then: Language }
  | { readonly kind: "either"; readonly options: readonly Language[] }
  | {
    readonly kind: "repeat";
    readonly item: Language;
    readonly min: number;
    readonly max: number;
    /** The same, once less, where that was asked for. */
    rest?: Language;
  }
  /** A language defined later; never one with the empty text. */
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "rule"; readonly rule: Rule };

/** Says of a language what is left of it after a byte. It has a text, and all of them are finite. */
export interface Rule {
  /** The same for rules that say the same. */
  readonly key: string;
  readonly nullable: boolean;
  after(byte: number, languages: Languages): Language;
  /** The same, of languages of another maker. */
  adopt(adopt: (language: Language) => Language): Rule;
}

/** Thrown where finding what may follow takes more work than it was allowed. */
export class GrammarWorkError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "GrammarWorkError";
}

/**
 * Makes languages, each once.
 *
 * @example
 * ```ts
 * import { assert, assertStrictEquals } from "@std/assert";
 * import { Languages } from "./language.ts";
 * const languages = new Languages();
 * const ab = languages.repeat(languages.text("ab"), { min: 1, max: Infinity });
 * const rest = languages.after(languages.after(ab, 0x61), 0x62);
 * assert(rest.nullable);
 * assertStrictEquals(languages.after(languages.after(rest, 0x61), 0x62), rest);
 * ```
 */
export class Languages {
  readonly nothing: Language;
  readonly empty: Language;
  readonly #bytes: Language[] = [];
  readonly #known = new Map<string, Language>();
  readonly #definitions = new Map<string, Language>();
  #size = 0;
  #work = Infinity;

  constructor() {
    this.nothing = this.#make("nothing", { kind: "nothing" }, false);
    this.empty = this.#make("empty", { kind: "empty" }, true);
  }

  /** Languages and transitions that are kept. */
  get size(): number {
    return this.#size;
  }

  /** Allows this many more transitions to be found; any number unless this was called. */
  allowWork(count: number): void {
    this.#work = count;
  }

  /** What is left of it. */
  get workLeft(): number {
    return this.#work;
  }

  /** One byte from `low` to `high`, of any of the ranges. */
  byte(...ranges: readonly (readonly [low: number, high: number])[]): Language {
    const members = new Uint8Array(256);
    for (const [low, high] of ranges) members.fill(1, low, high + 1);
    if (!members.includes(1)) return this.nothing;
    const key = `b${members.join("")}`;
    return this.#make(key, { kind: "byte", key, members }, false);
  }

  /** The one text. */
  text(text: string): Language {
    const one = (byte: number) => this.#bytes[byte] ??= this.byte([byte, byte]);
    return this.sequence(...Array.from(new TextEncoder().encode(text), one));
  }

  /** One after the other. */
  sequence(...parts: readonly Language[]): Language {
    return parts.reduceRight((then, first) => this.#pair(first, then), this.empty);
  }

  /** Any of the options. */
  either(...options: readonly Language[]): Language {
    const flat = options.flatMap((option) =>
      option.form.kind === "either" ? option.form.options : [option]
    );
    const unique = [...new Set(flat)].filter((option) => option !== this.nothing)
      .sort((a, b) => a.id - b.id);
    const [only = this.nothing] = unique;
    if (unique.length < 2) return only;
    const key = `e${unique.map(({ id }) => id).join()}`;
    const nullable = unique.some((option) => option.nullable);
    return this.#make(key, { kind: "either", options: unique }, nullable);
  }

  /** `item` from `min` to `max` times. */
  repeat(item: Language, { min, max }: { min: number; max: number }): Language {
    if (max < min) return this.nothing;
    if (max === 0 || item === this.empty) return this.empty;
    if (item === this.nothing) return min === 0 ? this.empty : this.nothing;
    if (min === 1 && max === 1) return item;
    const nullable = min === 0 || item.nullable;
    return this.#make(`r${item.id},${min},${max}`, { kind: "repeat", item, min, max }, nullable);
  }

  /** What a rule says. */
  rule(rule: Rule): Language {
    return this.#make(`u${rule.key}`, { kind: "rule", rule }, rule.nullable);
  }

  /** What {@linkcode define} says of the name. */
  named(name: string): Language {
    return this.#make(`n${name}`, { kind: "named", name }, false);
  }

  /** Says what a name stands for. */
  define(name: string, language: Language): void {
    if (language.nullable) throw new RangeError(`Cannot define ${name}: it allows no text at all`);
    this.#definitions.set(name, language);
  }

  /**
   * What may follow a text of `language` that began with `byte`.
   *
   * @throws {GrammarWorkError} when the work that was allowed is used up
   */
  after(language: Language, byte: number): Language {
    const known = language.after.get(byte);
    if (known) return known;
    if (this.#work-- <= 0) throw new GrammarWorkError("it takes too much work to follow");
    const result = this.#derive(language.form, byte);
    language.after.set(byte, result);
    this.#size++;
    return result;
  }

  /** A language of another maker of the same definitions. */
  *adopt(language: Language, adopted = new Map<Language, Language>()): Steps<Language> {
    const known = adopted.get(language);
    if (known) return known;
    const { form } = language;
    const parts = form.kind === "sequence"
      ? partsOf(language)
      : form.kind === "either"
      ? form.options
      : form.kind === "repeat"
      ? [form.item]
      : [];
    const own: Language[] = [];
    for (const part of parts) own.push(yield* this.adopt(part, adopted));
    if (parts.length > 0) yield;
    const made = form.kind === "sequence"
      ? this.sequence(...own)
      : form.kind === "either"
      ? this.either(...own)
      : form.kind === "repeat"
      ? this.repeat(own[0] ?? this.nothing, form)
      : form.kind === "byte"
      ? this.#make(form.key, form, false)
      : form.kind === "named"
      ? this.named(form.name)
      : form.kind === "rule"
      ? this.rule(form.rule.adopt((other) => atOnce(this.adopt(other, adopted))))
      : form.kind === "empty"
      ? this.empty
      : this.nothing;
    adopted.set(language, made);
    return made;
  }

  /** The names that some finite text satisfies. */
  finiteNames(): Set<string> {
    const finite = new Set<string>();
    for (let before = -1; before < finite.size;) {
      before = finite.size;
      const seen = new Map<Language, boolean>();
      for (const [name, language] of this.#definitions) {
        if (isFinite(language, { finite, seen })) finite.add(name);
      }
    }
    return finite;
  }

  #derive(form: Form, byte: number): Language {
    switch (form.kind) {
      case "nothing":
      case "empty":
        return this.nothing;
      case "byte":
        return form.members[byte] ? this.empty : this.nothing;
      case "sequence": {
        const { first, then } = form;
        const continued = this.#pair(this.after(first, byte), then);
        return first.nullable ? this.either(continued, this.after(then, byte)) : continued;
      }
      case "either": {
        this.#work -= form.options.length;
        // Mostly all but one of them end here.
        const left = form.options.map((option) => this.after(option, byte))
          .filter((after) => after !== this.nothing);
        return left.length === 1 && left[0] ? left[0] : this.either(...left);
      }
      case "repeat": {
        const after = this.after(form.item, byte);
        if (after === this.nothing) return after;
        form.rest ??= this.repeat(form.item, { min: Math.max(0, form.min - 1), max: form.max - 1 });
        return this.#pair(after, form.rest);
      }
      case "named":
        return this.after(this.#definitions.get(form.name) ?? this.nothing, byte);
      case "rule":
        return form.rule.after(byte, this);
    }
  }

  /** Sequences lean right, whatever they are made of: a derivative then looks at their first part. */
  #pair(first: Language, then: Language): Language {
    if (first === this.nothing || then === this.nothing) return this.nothing;
    if (first === this.empty) return then;
    if (then === this.empty) return first;
    return partsOf(first).reduceRight((then, first) => {
      const nullable = first.nullable && then.nullable;
      return this.#make(`s${first.id},${then.id}`, { kind: "sequence", first, then }, nullable);
    }, then);
  }

  #make(key: string, form: Form, nullable: boolean): Language {
    const known = this.#known.get(key);
    if (known) return known;
    const language = { id: this.#known.size, form, nullable, after: new Map<number, Language>() };
    this.#known.set(key, language);
    this.#size++;
    return language;
  }
}

/** What a sequence is made of, none of them a sequence. */
function partsOf(language: Language): Language[] {
  const parts: Language[] = [];
  let last = language;
  for (; last.form.kind === "sequence"; last = last.form.then) parts.push(last.form.first);
  return [...parts, last];
}

/** Whether a language has a finite text, so far as that of names is known. */
function isFinite(
  language: Language,
  known: { finite: ReadonlySet<string>; seen: Map<Language, boolean> },
): boolean {
  const before = known.seen.get(language);
  if (before !== undefined) return before;
  const { form } = language;
  const all = (parts: readonly Language[]) => parts.every((part) => isFinite(part, known));
  let result = form.kind === "empty" || form.kind === "byte" || form.kind === "rule";
  if (form.kind === "sequence") result = all(partsOf(language));
  else if (form.kind === "either") result = form.options.some((option) => isFinite(option, known));
  else if (form.kind === "repeat") result = form.min === 0 || isFinite(form.item, known);
  else if (form.kind === "named") result = known.finite.has(form.name);
  known.seen.set(language, result);
  return result;
}
