/**
 * The thread of {@linkcode "./template_thread.ts"}: writes conversations down, one after another. It
 * needs no permissions.
 *
 * @module
 */
import type { ThreadAnswer, ThreadRequest } from "./conversation.ts";
import { type ChatTemplate, createChatTemplate, reasonOf } from "./template.ts";

const scope = self as typeof self & { postMessage(answer: ThreadAnswer): void };
let template: ChatTemplate | undefined;

scope.addEventListener("message", ({ data }: MessageEvent<ThreadRequest>) => {
  if (data.kind === "open") {
    template = createChatTemplate(data.template.source, data.template);
    return scope.postMessage({ isReady: true });
  }
  try {
    const text = template?.render(data.messages, data.options);
    scope.postMessage(text === undefined ? { reason: "it has no template" } : { text });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    scope.postMessage({ reason: reasonOf(cause) });
  }
});
