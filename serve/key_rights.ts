/**
 * What an API key may do, as words of its line say: `scopes=generate models=cllm requests=60`.
 *
 * @module
 */

/** Parts of the API that a key may be kept to. */
export const SCOPES = ["generate", "embeddings", "models", "metrics", "dashboard"] as const;
/** A name in {@linkcode SCOPES}. */
export type Scope = typeof SCOPES[number];

/** What a key may do; what is not given is not limited. */
export interface KeyRights {
  /** Parts of the API. */
  readonly scopes?: readonly Scope[];
  /** Models and adapters, by the `model` of requests; others do not exist for it. */
  readonly models?: readonly string[];
  /** Requests a minute. */
  readonly requests?: number;
  /** Tokens a minute, of prompts and answers. */
  readonly tokens?: number;
  /** Requests at once. */
  readonly concurrent?: number;
  /** Tokens of an answer, which ends there. */
  readonly maxTokens?: number;
}

/** Counts, by the word that gives each. */
const COUNTS = {
  "requests-per-minute": "requests",
  "tokens-per-minute": "tokens",
  "concurrent-requests": "concurrent",
  "max-tokens": "maxTokens",
} as const;

/** Whether `word` has the form of a right rather than of a key, which has `=` at its end if at all. */
export function isRight(word: string): boolean {
  return /^[a-z-]+=[^=]/.test(word);
}

/**
 * Reads rights. Lists take commas, or plus signs where commas part keys.
 *
 * @throws {RangeError} at a word that is no right, or given twice
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseRights } from "./key_rights.ts";
 * const rights = parseRights(["scopes=generate+models", "requests-per-minute=60"]);
 * assertEquals(rights, { scopes: ["generate", "models"], requests: 60 });
 * ```
 */
export function parseRights(words: readonly string[]): KeyRights {
  const rights = new Map<string, readonly string[] | number>();
  for (const word of words) {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    const [field, read] = readerOf(name);
    if (rights.has(field)) throw new RangeError(`${name} is given twice`);
    rights.set(field, read(value));
  }
  return Object.fromEntries(rights);
}

function readerOf(name: string): [string, (value: string) => readonly string[] | number] {
  if (name === "scopes") {
    return [name, (value) => listOf(value, { name, isOne: (each) => isScope(each) })];
  }
  // Names of models may have any form; they are not known before they are loaded.
  if (name === "models") return [name, (value) => listOf(value, { name, isOne: () => true })];
  const count = Object.entries(COUNTS).find(([word]) => word === name);
  if (count) return [count[1], (value) => countOf(value, name)];
  const known = ["scopes", "models", ...Object.keys(COUNTS)].join("=, ");
  // The word may be part of a key: it is not repeated.
  throw new RangeError(`after name and key it may have ${known}= and nothing else`);
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

function listOf(
  value: string,
  { name, isOne }: { name: string; isOne: (text: string) => boolean },
): readonly string[] {
  const list = value.split(/[,+]/);
  if (list.every((each) => each !== "" && isOne(each))) return list;
  const of = name === "scopes" ? `: ${SCOPES.join(", ")}` : "";
  throw new RangeError(`${name} must be a list${of}, with commas and without spaces`);
}

function countOf(value: string, name: string): number {
  if (/^[1-9]\d{0,9}$/.test(value)) return Number(value);
  throw new RangeError(`${name} must be an integer from 1 on`);
}
