import { assertEquals, assertThrows } from "@std/assert";
import { readConversation, SkipError } from "../../../pipeline/tune/conversations.ts";

const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

Deno.test("every form of a conversation becomes messages", () => {
  const expected = [user("Who?"), assistant("Ann.")];
  for (
    const line of [
      { messages: expected },
      {
        messages: [{ role: "user", content: [{ type: "text", text: "Who?" }] }, assistant("Ann.")],
      },
      { conversations: [{ from: "human", value: "Who?" }, { from: "gpt", value: "Ann." }] },
      { instruction: "Who?", output: "Ann." },
      { instruction: "Who?", input: "", output: "Ann.", system: "" },
      { prompt: "Who?", completion: "Ann." },
    ]
  ) assertEquals(readConversation(line), expected, JSON.stringify(line));
  assertEquals(
    readConversation({
      instruction: "Who?",
      input: "A letter.",
      output: "Ann.",
      system: "Be short.",
    }),
    [{ role: "system", content: "Be short." }, user("Who?\n\nA letter."), assistant("Ann.")],
  );
});

Deno.test("a line that has no answer, or no known form, is left out", () => {
  for (
    const [line, said] of [
      [{ instruction: "Who?", output: " " }, "are empty"],
      [{ messages: [user("Who?")] }, "no message is the assistant's"],
      [{ instruction: "Who?" }, "it needs messages of"],
      [{ prompt: "Who?", chosen: "Ann.", rejected: "No." }, "it needs messages of"],
      [null, "it needs messages of"],
    ] as const
  ) assertThrows(() => readConversation(line), SkipError, said);
});
