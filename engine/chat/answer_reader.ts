/**
 * Takes an answer apart as it comes: thoughts, text, and calls of tools.
 *
 * @module
 */
import { type AnswerShape, type CallForm, THOUGHTS } from "../constrained/mod.ts";

/** Some more of an answer. */
export type AnswerPart =
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  /** A call begins; its arguments follow. */
  | { readonly kind: "call"; readonly call: number; readonly name: string }
  | { readonly kind: "arguments"; readonly call: number; readonly text: string }
  /** A call has all of its arguments. */
  | { readonly kind: "called"; readonly call: number };

/** What an answer may have. */
export interface ReaderOptions {
  /** How it calls tools, where it may. */
  readonly form?: CallForm;
  /** Whether it begins with thoughts. */
  readonly thinking?: AnswerShape["thinking"];
}

/** Takes texts, one after the other. */
export interface AnswerReader {
  /** What has become clear with some more text. */
  push(text: string): AnswerPart[];
  /** What was held back, at the end. */
  flush(): AnswerPart[];
}

type State = "start" | "thoughts" | "text" | "said" | "name" | "arguments" | "after";

/**
 * A reader of one answer, which keeps to the grammar of its calls. Nothing is held back longer than
 * it takes to tell what it is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createAnswerReader } from "./answer_reader.ts";
 * const reader = createAnswerReader({ thinking: "maybe" });
 * assertEquals(reader.push("<think>\nHm.\n</think>\n\nYes"), [
 *   { kind: "reasoning", text: "Hm." },
 *   { kind: "text", text: "Yes" },
 * ]);
 * ```
 */
export function createAnswerReader({ form, thinking }: ReaderOptions): AnswerReader {
  let state: State = thinking === "begun" ? "thoughts" : thinking ? "start" : "text";
  let held = "";
  let call = -1;
  /** Within the arguments: lists and objects that are open, and whether a string is. */
  let depth = 0, inString = false;
  /** What stands before the next name. */
  let before = "";
  /** Spaces between thoughts and text are neither. */
  let skipsLines = thinking === "begun";

  /** One step; true where there may be another one. */
  const step = (parts: AnswerPart[]): boolean => {
    if (skipsLines) {
      held = held.replace(/^\n+/, "");
      if (held === "") return false;
      skipsLines = false;
    }
    switch (state) {
      case "start":
        if (held !== THOUGHTS.begin && THOUGHTS.begin.startsWith(held)) return false;
        if (held.startsWith(THOUGHTS.begin)) {
          held = held.slice(THOUGHTS.begin.length);
          [state, skipsLines] = ["thoughts", true];
        } else state = "text";
        return true;
      case "thoughts": {
        const { text, found } = cutAt(THOUGHTS.end);
        if (text) parts.push({ kind: "reasoning", text: found ? text.trimEnd() : text });
        if (found) [state, skipsLines] = ["text", true];
        return found;
      }
      case "text":
      case "said":
        return say(parts);
      case "name": {
        const at = form ? held.indexOf(form.afterName, before.length) : -1;
        if (at === -1 || !form) return false;
        call++;
        parts.push({ kind: "call", call, name: held.slice(before.length, at) });
        held = held.slice(at + form.afterName.length);
        state = "arguments";
        return true;
      }
      case "arguments":
        return argue(parts);
      case "after": {
        const { afterArguments = "", between, beforeName = "" } = form ?? {};
        const next = between === undefined ? undefined : afterArguments + between;
        if (next === undefined || !held.startsWith(next)) return false;
        held = held.slice(next.length);
        before = beforeName;
        state = "name";
        return true;
      }
    }
  };

  /** Text up to the marker of calls. */
  const say = (parts: AnswerPart[]): boolean => {
    const isOver = form?.standsAlone && state === "said";
    if (!form || isOver) {
      if (held) parts.push({ kind: "text", text: held });
      held = "";
      return false;
    }
    if (form.standsAlone) {
      if (held !== form.marker && form.marker.startsWith(held)) return false;
      if (!held.startsWith(form.marker)) {
        state = "said";
        return true;
      }
    }
    const { text, found } = cutAt(form.marker);
    if (text) parts.push({ kind: "text", text });
    if (!found) return false;
    before = form.first + form.beforeName;
    state = "name";
    return true;
  };

  /** Takes what is held up to `mark`, but for what may be the beginning of it. */
  const cutAt = (mark: string): { text: string; found: boolean } => {
    const at = held.indexOf(mark);
    if (at !== -1) {
      const text = held.slice(0, at);
      held = held.slice(at + mark.length);
      return { text, found: true };
    }
    // Line ends right before the mark go with it.
    let keep = mark === THOUGHTS.end ? held.length - held.trimEnd().length : 0;
    for (let length = mark.length - 1; length > 0; length--) {
      if (!held.endsWith(mark.slice(0, length))) continue;
      const rest = held.slice(0, -length);
      keep = length + (mark === THOUGHTS.end ? rest.length - rest.trimEnd().length : 0);
      break;
    }
    const text = held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    return { text, found: false };
  };

  /** Arguments up to the end of their object. */
  const argue = (parts: AnswerPart[]): boolean => {
    let at = 0, isWhole = false;
    for (; at < held.length && !isWhole; at++) {
      const character = held[at];
      if (inString) {
        if (character === "\\") {
          // The character that it escapes comes with it.
          if (at + 1 === held.length) break;
          at++;
        } else if (character === '"') inString = false;
      } else if (character === '"') inString = true;
      else if (character === "{" || character === "[") depth++;
      else if (character === "}" || character === "]") isWhole = --depth === 0;
    }
    if (at > 0) parts.push({ kind: "arguments", call, text: held.slice(0, at) });
    held = held.slice(at);
    if (isWhole) {
      parts.push({ kind: "called", call });
      state = "after";
    }
    return isWhole;
  };

  return {
    push(text) {
      held += text;
      const parts: AnswerPart[] = [];
      while (step(parts));
      return parts;
    },
    flush() {
      const kind = state === "thoughts" ? "reasoning" : "text";
      const isText = state === "start" || state === "thoughts" || state === "text";
      const text = kind === "reasoning" ? held.trimEnd() : held;
      held = "";
      return isText && text ? [{ kind, text }] : [];
    },
  };
}
