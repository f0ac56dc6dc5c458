/**
 * How a model's answers call tools: in the form that its chat template writes calls down in.
 *
 * @module
 */
import type { CallForm } from "../constrained/mod.ts";
import type { Message, RenderOptions, ToolDescription } from "./conversation.ts";

/** Names of the forms. */
export type ToolFormName = "hermes" | "llama3" | "mistral" | "mistral-args" | "generic";

/** A form, by name. */
export interface ToolForm extends CallForm {
  /** Which one it is. */
  readonly name: ToolFormName;
  /** Length of a call's id, where the template minds. */
  readonly idLength?: number;
}

/** Of Hermes and Qwen: a JSON object between tags for each call. */
const HERMES: ToolForm = {
  name: "hermes",
  marker: "<tool_call>",
  first: "\n",
  between: "\n<tool_call>\n",
  end: "",
  beforeName: '{"name": "',
  afterName: '", "arguments": ',
  afterArguments: "}\n</tool_call>",
};

/** Of Llama 3: the answer is one JSON object. */
const LLAMA3: ToolForm = {
  name: "llama3",
  marker: '{"name": "',
  first: "",
  end: "",
  beforeName: "",
  afterName: '", "parameters": ',
  afterArguments: "}",
  standsAlone: true,
};

/** Of Mistral: a list of JSON objects after a tag. */
const MISTRAL: ToolForm = {
  name: "mistral",
  marker: "[TOOL_CALLS]",
  first: "[",
  between: ", ",
  end: "]",
  beforeName: '{"name": "',
  afterName: '", "arguments": ',
  afterArguments: "}",
  idLength: 9,
};

/** Of later models of Mistral: name and arguments after tags of their own. */
const MISTRAL_ARGS: ToolForm = {
  name: "mistral-args",
  marker: "[TOOL_CALLS]",
  first: "",
  between: "[TOOL_CALLS]",
  end: "",
  beforeName: "",
  afterName: "[ARGS]",
  afterArguments: "",
  idLength: 9,
};

/** For templates that know no tools, or another form: as Hermes, told in words. */
const GENERIC: ToolForm = { ...HERMES, name: "generic" };

/**
 * The form of a template's calls, by the marks in its source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toolFormOf } from "./tool_form.ts";
 * assertEquals(toolFormOf("{% if tools %}<tool_call>{% endif %}").name, "hermes");
 * assertEquals(toolFormOf("{{ messages[0].content }}").name, "generic");
 * ```
 */
export function toolFormOf(source: string): ToolForm {
  if (!/\btools\b/.test(source)) return GENERIC;
  if (source.includes("[TOOL_CALLS]")) {
    if (source.includes("[ARGS]")) return MISTRAL_ARGS;
    return source.includes("[TOOL_CALLS] [") ? { ...MISTRAL, first: " [" } : MISTRAL;
  }
  // Others write calls between the same tags, but not as JSON.
  if (/<function=|<arg_key>/.test(source)) return GENERIC;
  if (source.includes("<tool_call>")) return HERMES;
  return /["']parameters\\?["']: /.test(source) && /ipython|eot_id/.test(source) ? LLAMA3 : GENERIC;
}

/**
 * The messages as a template without tools takes them: tools are described by the system, calls are
 * part of what the assistant says, and results come from the user.
 */
export function inWords(
  messages: readonly Message[],
  { tools = [], ...options }: RenderOptions,
): { messages: Message[]; options: RenderOptions } {
  const said: Message[] = [];
  for (const message of messages) {
    const last = said.at(-1);
    if (message.role === "tool") {
      const content = `<tool_response>\n${message.content}\n</tool_response>`;
      if (last?.role === "user") said[said.length - 1] = joined(last, content);
      else said.push({ role: "user", content });
    } else if (message.tool_calls) {
      const calls = message.tool_calls.map(({ function: call }) =>
        `<tool_call>\n{"name": ${JSON.stringify(call.name)}, "arguments": ` +
        `${JSON.stringify(call.arguments)}}\n</tool_call>`
      );
      const { tool_calls: _, ...rest } = message;
      said.push({ ...rest, content: [message.content, ...calls].filter(Boolean).join("\n") });
    } else said.push(message);
  }
  if (tools.length > 0) {
    const [first] = said;
    if (first?.role === "system") said[0] = joined(first, inTools(tools));
    else said.unshift({ role: "system", content: inTools(tools) });
  }
  return { messages: said, options };
}

function joined(message: Message, content: string): Message {
  return { ...message, content: `${message.content}\n\n${content}` };
}

function inTools(tools: readonly ToolDescription[]): string {
  return "You may call these functions, each described by a line of JSON:\n" +
    tools.map((tool) => JSON.stringify(tool.function)).join("\n") +
    '\n\nA call is a JSON object with "name" and "arguments" between tags:\n' +
    '<tool_call>\n{"name": "NAME", "arguments": {}}\n</tool_call>';
}
