/**
 * Fields that clients send and that change no answer of this server: labels of a request, and wishes
 * that are met as it is. What asks for more is refused.
 *
 * @module
 */
import { z } from "zod";
import { anyText, fields, flag, only } from "./request_fields.ts";

const unsupported = "is not supported";
const labels = { error: "must be an object of strings" };

/** Zod types by field name, for completions and chat. */
export const CLIENT_FIELDS = {
  user: anyText().nullish(),
  metadata: z.record(z.string(), z.string(labels), labels).nullish(),
  safety_identifier: anyText().nullish(),
  prompt_cache_key: anyText().nullish(),
  prompt_cache_retention: anyText().nullish(),
  store: only([false], unsupported),
  service_tier: only(["auto", "default"], unsupported),
};

const nothing = z.null({ error: unsupported }).optional();
const noList = z.array(z.never(), { error: unsupported }).max(0, { error: unsupported }).nullish();

/** More of them for chat. */
export const CHAT_CLIENT_FIELDS = {
  ...CLIENT_FIELDS,
  // The old names of tools and tool_choice.
  functions: noList,
  function_call: only(["none", "auto"], unsupported),
  modalities: z.tuple([z.literal("text", { error: unsupported })], { error: unsupported })
    .nullish(),
  verbosity: only(["medium"], unsupported),
  reasoning_effort: only(["none"], unsupported),
  prediction: nothing,
  audio: nothing,
  web_search_options: nothing,
};

/** What an answer's message holds beside its text, where that is nothing. */
export const EMPTY_MESSAGE_FIELDS = {
  refusal: nothing,
  audio: nothing,
  function_call: nothing,
  // Clients add what they parsed of the text.
  parsed: z.unknown().optional(),
  annotations: noList,
};

/** Options of a stream. */
export const STREAM_OPTIONS = fields({
  include_usage: flag().nullish(),
  include_obfuscation: only([false], unsupported),
}).nullish();
