/**
 * `chat`: a conversation with a model in the terminal.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { Scheduler } from "../engine/mod.ts";
import { type Command, command } from "../cli/command.ts";
import { reasonOf } from "../cli/failure.ts";
import { group, text, withDefault } from "../cli/flags.ts";
import { forStandardOutput, tell } from "../cli/print.ts";
import { ChatSession } from "../run/chat_session.ts";
import { MODEL_FLAGS, openModel } from "../run/model_source.ts";
import { runOrOther } from "../run/open.ts";
import { SAMPLING_FLAGS, samplingOf } from "../run/settings/sampling.ts";

const FLAGS = {
  ...MODEL_FLAGS,
  ...group("Text", {
    system: text({ help: "what the model is told before everything else" }),
  }),
  ...SAMPLING_FLAGS,
  "max-tokens": withDefault(SAMPLING_FLAGS["max-tokens"], 512),
};

const HELP = `/reset          forget what was said
/system TEXT    forget what was said, and tell the model TEXT first
/retry          another answer to the last question
/undo           take back the last question and its answer
/history        what was said, as JSON
/exit           leave, as Ctrl-D does
Ctrl-C ends an answer. A line that ends with \\ goes on in the next one.`;

const NONE = "There is no question yet";

/** A Ctrl-C that comes so soon after another is the same key press: `deno task` passes it on too. */
const ECHO_MS = 500;

/** The `chat` command. */
export const chat: Command = command({
  name: "chat",
  summary: "Talks with the best checkpoint of a run, or with another model, in the terminal.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task chat runs/tuned",
    'deno task chat runs/tuned --system "Answer briefly." --temperature 0',
  ],
  async run({ values, operands }) {
    const other = ["--model", values.model] as const;
    const run = runOrOther(operands, { command: "chat with", run: values.run, other });
    const { engine, codec, stopIds, sampling, chatTemplate, chosen } = await openModel({
      ...values,
      run,
    });
    await using _engine = engine;
    const isTerminal = Deno.stdin.isTerminal();
    if (chosen !== undefined) tell(`Uses ${chosen}`);
    if (chatTemplate === undefined) {
      tell("The model has no chat template: it may never have seen a conversation (see `tune`)");
    }
    if (isTerminal) tell("/help lists what you can do; Ctrl-D leaves");
    const session = new ChatSession({
      writer: { scheduler: new Scheduler(engine), codec, stopIds },
      template: chatTemplate,
      system: values.system,
      sampling: {
        ...samplingOf(values, sampling),
        maxTokens: values["max-tokens"],
        seed: values.seed,
      },
    });
    return await talk(session, { isTerminal });
  },
});

/** Reads questions and commands to the end of input; resolves to the exit code. */
async function talk(session: ChatSession, { isTerminal }: { isTerminal: boolean }) {
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  let answering: AbortController | undefined;
  let interruptedAt = -Infinity;
  const onInterrupt = () => {
    if (performance.now() - interruptedAt < ECHO_MS) return;
    interruptedAt = performance.now();
    if (answering) answering.abort(new DOMException("ended by the user", "AbortError"));
    else Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  const write = async (piece: string) =>
    void await Deno.stdout.write(new TextEncoder().encode(forStandardOutput(piece)));
  const prompt = (mark: string) => isTerminal ? write(mark) : Promise.resolve();
  const answer = async (question: string) => {
    answering = new AbortController();
    try {
      for await (const piece of session.answer(question, answering)) await write(piece);
    } catch (error) {
      tell(`error: ${reasonOf(error)}`);
    }
    answering = undefined;
    await write(isTerminal ? "\n\n" : "\n");
  };
  try {
    for (let said = "";;) {
      await prompt(said === "" ? "> " : "  ");
      const { value: line } = await lines.read();
      if (line === undefined) break;
      if (line.endsWith("\\")) {
        said += line.slice(0, -1) + "\n";
        continue;
      }
      const question = (said + line).trim();
      said = "";
      const [, name = "", rest = ""] = /^\/(\w+)\s*(.*)$/s.exec(question) ?? [];
      if (name === "exit" || name === "quit") break;
      else if (name === "reset" || name === "system") {
        if (name === "reset") session.reset();
        else session.reset(rest);
        tell("What was said is forgotten");
      } else if (name === "undo") {
        const last = session.undo();
        tell(last === undefined ? NONE : `Taken back: ${last}`);
      } else if (name === "history") await write(JSON.stringify(session.messages, null, 2) + "\n");
      else if (name === "retry") {
        const last = session.undo();
        if (last === undefined) tell(NONE);
        else await answer(last);
      } else if (question.startsWith("/")) {
        if (name !== "help") tell(`There is no ${question.split(/\s/, 1)[0]}`);
        tell(HELP);
      } else if (question !== "") await answer(question);
    }
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
    await lines.cancel();
  }
  if (isTerminal) await write("\n");
  return 0;
}
