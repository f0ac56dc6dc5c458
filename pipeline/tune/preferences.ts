/**
 * Preference pairs as TRL has them: `chosen` and `rejected`, after a `prompt` or with it in both;
 * each a text or messages.
 *
 * @module
 */
import { z } from "zod";
import type { Message } from "../../engine/mod.ts";
import { openAiMessages, SkipError } from "./conversations.ts";

const said = (role: "user" | "assistant") =>
  z.union([z.string().transform((content) => [{ role, content }]), openAiMessages]);

const schema = z.object({
  prompt: said("user").default([]),
  chosen: said("assistant"),
  rejected: said("assistant"),
});

/** Two conversations that differ in their answer. */
export interface Preference {
  readonly chosen: readonly Message[];
  readonly rejected: readonly Message[];
}

/**
 * The pair of a parsed line.
 *
 * @throws {SkipError} when it is none
 */
export function readPreference(value: unknown): Preference {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new SkipError(
      "not-a-preference",
      "it needs chosen and rejected, each a text or messages of {role, content}",
    );
  }
  const { prompt, chosen, rejected } = parsed.data;
  const pair = { chosen: [...prompt, ...chosen], rejected: [...prompt, ...rejected] };
  for (const messages of [pair.chosen, pair.rejected]) {
    if (messages.at(-1)?.role === "assistant") continue;
    throw new SkipError("no-answer", "chosen and rejected must end with the assistant's message");
  }
  return pair;
}
