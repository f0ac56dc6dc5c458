/**
 * Tools in requests: those that may be called, which one must be, and calls of earlier answers.
 *
 * @module
 */
import { z } from "zod";
import { anyText, fields, flag, invalid } from "../request_fields.ts";
import type { Message, MessageCall, ToolDescription } from "../../../engine/mod.ts";

/** Tools that a request may offer. */
const MAX_TOOLS = 128;

const nameRule = { error: "must be of 1 to 64 letters, digits, underscores and dashes" };

/** A tool's name. */
export const TOOL_NAME: z.ZodString = z.string(nameRule).regex(/^[\w-]{1,64}$/, nameRule);

/** A JSON schema. */
export const JSON_SCHEMA: z.ZodRecord<z.ZodString, z.ZodUnknown> = z.record(
  z.string(),
  z.unknown(),
  { error: "must be a JSON schema: an object" },
);

/** The one value that a field may have. */
export function exactly<const Value extends string>(value: Value): z.ZodLiteral<Value> {
  return z.literal(value, { error: `must be ${JSON.stringify(value)}` });
}

const functionFields = fields({
  name: TOOL_NAME,
  description: anyText().nullish(),
  parameters: JSON_SCHEMA.nullish(),
  strict: flag().nullish(),
});

/** A list of so many tools at most. */
export function toolList<Tool extends z.ZodType>(tool: Tool): z.ZodArray<Tool> {
  const rule = { error: `must be an array of at most ${MAX_TOOLS} tools` };
  return z.array(tool, rule).max(MAX_TOOLS, rule);
}

const choiceRule = {
  error: 'must be "none", "auto", "required", {"type": "function", "function": {"name": ...}} or ' +
    '{"type": "allowed_tools", "allowed_tools": {"mode": ..., "tools": [...]}}',
};
const functionChoice = z.strictObject({
  type: z.literal("function", choiceRule),
  function: z.strictObject({ name: z.string(choiceRule) }, choiceRule),
}, choiceRule);

/** Fields of a choice among tools, each in the form of `tool`; wrong ones are said to be `rule`. */
export function allowedTools<Tool extends z.ZodType>(
  tool: Tool,
  rule: { error: string },
): { mode: z.ZodEnum<{ auto: "auto"; required: "required" }>; tools: z.ZodArray<Tool> } {
  return {
    mode: z.enum(["auto", "required"], rule),
    tools: z.array(tool, rule).min(1, rule).max(MAX_TOOLS, rule),
  };
}

/** Fields of a chat request that are about tools. */
export const TOOL_FIELDS = {
  tools: toolList(fields({ type: exactly("function"), function: functionFields })).nullish(),
  tool_choice: z.union([
    z.enum(["none", "auto", "required"], choiceRule),
    functionChoice,
    z.strictObject({
      type: z.literal("allowed_tools", choiceRule),
      allowed_tools: z.strictObject(allowedTools(functionChoice, choiceRule), choiceRule),
    }, choiceRule),
  ], choiceRule).nullish(),
  parallel_tool_calls: flag().nullish(),
};

const callsRule = { error: `must be an array of 1 to ${MAX_TOOLS} calls` };

/** Fields of a message that are about calls. */
export const CALL_FIELDS = {
  reasoning_content: anyText().nullish(),
  tool_calls: z.array(
    fields({
      id: anyText(),
      type: exactly("function"),
      // Clients number calls as they came, and add what they parsed.
      index: z.number({ error: "must be a number" }).optional(),
      function: fields({
        name: TOOL_NAME,
        arguments: anyText(),
        parsed_arguments: z.unknown().optional(),
      }),
    }),
    callsRule,
  ).max(MAX_TOOLS, callsRule).nullish(),
  tool_call_id: anyText().nullish(),
};

/** A tool, and whether its arguments must keep to their schema or the request is refused. */
export interface OfferedTool extends ToolDescription {
  readonly strict: boolean;
}

/** Which tools an answer may call. */
export interface ToolChoice {
  readonly tools: readonly OfferedTool[];
  /** Whether it must call one, and which. */
  readonly choice: "none" | "auto" | "required" | { readonly name: string };
  /** The names of those that it may call; all unless given. */
  readonly allowed?: readonly string[] | undefined;
  /** Whether it may call several. */
  readonly several: boolean;
}

/** A tool as a request says it. */
export interface RawTool {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters?: Record<string, unknown> | null | undefined;
  readonly strict?: boolean | null | undefined;
}

/** No arguments at all, where nothing is said of them. */
const NO_ARGUMENTS = { type: "object", properties: {}, additionalProperties: false };

/**
 * The tools of a request.
 *
 * @throws {ApiError} 400 for a name that comes twice, and for a choice that cannot be made
 */
export function readTools(
  raw: readonly RawTool[],
  { choice, allowed, several, named }: Omit<ToolChoice, "tools"> & {
    /** The fields that are named where they are wrong. */
    named: { choice: string; name: (index: number) => string };
  },
): ToolChoice {
  const names = raw.map(({ name }) => name);
  const again = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (again !== -1) {
    const param = named.name(again);
    throw invalid(`${param} must be another one: two tools have the name ${names[again]}`, param);
  }
  if (choice !== "none" && choice !== "auto" && raw.length === 0) {
    throw invalid(`${named.choice} is only allowed with tools to call`, named.choice);
  }
  if (typeof choice === "object" && !names.includes(choice.name)) {
    throw invalid(`${named.choice} must name one of the tools`, named.choice);
  }
  if (allowed?.some((name) => !names.includes(name))) {
    throw invalid(`${named.choice} must allow none but the request's tools`, named.choice);
  }
  const tools = raw.map(({ name, description, parameters, strict }): OfferedTool => ({
    type: "function",
    function: {
      name,
      ...(description && { description }),
      parameters: parameters ?? NO_ARGUMENTS,
    },
    strict: strict ?? false,
  }));
  return { tools, choice, several, ...(allowed && { allowed }) };
}

/**
 * A call of an earlier answer, as templates read it.
 *
 * @throws {ApiError} 400 for arguments that are no JSON object
 */
export function readCall(
  { id, name, json }: { id: string; name: string; json: string },
  param: string,
): MessageCall {
  let parsed: unknown;
  try {
    // A function without parameters may be called with nothing at all.
    parsed = JSON.parse(json === "" ? "{}" : json);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw invalid(`${param} must be a JSON object in a string`, param);
  }
  return {
    id,
    type: "function",
    function: { name, arguments: parsed as Record<string, unknown> },
  };
}

/**
 * Checks that each result belongs to a call before it, and names its tool.
 *
 * @throws {ApiError} 400, naming the message's field
 */
export function nameResults(
  messages: readonly Message[],
  fieldOf: (index: number) => string,
): Message[] {
  const calls = new Map<string, string>();
  return messages.map((message, index) => {
    for (const { id, function: { name } } of message.tool_calls ?? []) calls.set(id, name);
    if (message.role !== "tool") return message;
    const name = calls.get(message.tool_call_id ?? "");
    if (name !== undefined) return { ...message, name };
    const param = fieldOf(index);
    throw invalid(`${param} must be the id of a call in a message before it`, param);
  });
}
