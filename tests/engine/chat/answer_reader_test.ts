import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  type AnswerPart,
  createAnswerReader,
  type ReaderOptions,
} from "../../../engine/chat/answer_reader.ts";
import { toolFormOf } from "../../../engine/chat/tool_form.ts";

const HERMES = toolFormOf("{{ tools }}<tool_call>");
const MISTRAL = toolFormOf("{{ tools }}[TOOL_CALLS]");
const LLAMA = toolFormOf("{{ tools }}{{ '\"parameters\": ' }}<|eot_id|>");

/** An answer's thoughts, text, and calls, whatever the pieces that it came in. */
function read(pieces: readonly string[], options: ReaderOptions): unknown[] {
  const reader = createAnswerReader(options);
  const parts: AnswerPart[] = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.flush()];
  let text = "", thoughts = "", ended = 0;
  const calls: string[][] = [];
  for (const part of parts) {
    if (part.kind === "text") text += part.text;
    else if (part.kind === "reasoning") thoughts += part.text;
    else if (part.kind === "call") calls[part.call] = [part.name, ""];
    else if (part.kind === "called") ended++;
    else {
      const call = calls[part.call];
      if (call) call[1] += part.text;
    }
  }
  return [thoughts, text, ended, ...calls];
}

const CALL =
  '<tool_call>\n{"name": "f", "arguments": {"a": "}\\"<tool_call>", "b": [{}]}}\n</tool_call>';
const ARGUMENTS = '{"a": "}\\"<tool_call>", "b": [{}]}';

const CASES: [text: string, options: ReaderOptions, expected: unknown[]][] = [
  ["a < b <tool_calls", { form: HERMES }, ["", "a < b <tool_calls", 0]],
  [`So: ${CALL}`, { form: HERMES }, ["", "So: ", 1, ["f", ARGUMENTS]]],
  [`${CALL}\n${CALL}`, { form: HERMES }, ["", "", 2, ["f", ARGUMENTS], ["f", ARGUMENTS]]],
  [CALL.slice(0, 50), { form: HERMES }, ["", "", 0, ["f", ARGUMENTS.slice(0, 11)]]],
  [CALL.slice(0, 20), { form: HERMES }, ["", "", 0]],
  [CALL, {}, ["", CALL, 0]],
  [`Hm\n\n</think>\n${CALL}`, { form: HERMES, thinking: "begun" }, ["Hm", "", 1, ["f", ARGUMENTS]]],
  ["<think>\n\n</think>\n\nYes", { thinking: "maybe" }, ["", "Yes", 0]],
  ["<thinking", { thinking: "maybe" }, ["", "<thinking", 0]],
  ["<think>still", { thinking: "maybe" }, ["still", "", 0]],
  [
    '[TOOL_CALLS][{"name": "f", "arguments": {}}, {"name": "g", "arguments": {"a": 1}}]',
    { form: MISTRAL },
    ["", "", 2, ["f", "{}"], ["g", '{"a": 1}']],
  ],
  ['{"name": "f", "parameters": {"a": 1}}', { form: LLAMA }, ["", "", 1, ["f", '{"a": 1}']]],
  ['{"nam": 1}', { form: LLAMA }, ["", '{"nam": 1}', 0]],
  ['See {"name": "f"', { form: LLAMA }, ["", 'See {"name": "f"', 0]],
];

Deno.test("an answer is taken apart alike however it was cut into pieces", () => {
  for (const [text, options, expected] of CASES) {
    assertEquals(read([text], options), expected, text);
    assertEquals(read(Array.from(text), options), expected, text);
    const cuts = fc.array(fc.nat({ max: text.length }), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, i) => text.slice(at[i], end));
        assertEquals(read(pieces, options), expected, text);
      }),
      { numRuns: 50 },
    );
  }
});

Deno.test("the form of calls is found by the marks of a template", () => {
  const forms: [source: string, name: string][] = [
    ["{{ messages[0].content }}<tool_call>", "generic"],
    ["{{ tools }}<tool_call><function=f>", "generic"],
    ["{{ tools }}<tool_call>\n<arg_key>", "generic"],
    ["{{ tools }}<tool_call>", "hermes"],
    ["{{ tools }}[TOOL_CALLS] [", "mistral"],
    ["{{ tools }}[TOOL_CALLS]{{ name }}[ARGS]", "mistral-args"],
    ["{{ tools }}{{ '\"parameters\": ' }}ipython", "llama3"],
    ["{{ tools }}", "generic"],
  ];
  for (const [source, name] of forms) assertEquals(toolFormOf(source).name, name, source);
});
