/**
 * What is written down, and what a thread that does it is told.
 *
 * @module
 */

/** One turn of a conversation. */
export interface Message {
  /** Who speaks, such as `system`, `user` or `assistant`: what the template knows. */
  readonly role: string;
  /** What is said, as plain text. */
  readonly content: string;
}

/** How a conversation is to end. */
export interface RenderOptions {
  /** An answer is to continue the last message, not to follow it. */
  readonly continues?: boolean;
  /** Nothing is to follow the last message: no answer is asked for. */
  readonly isComplete?: boolean;
}

/** Texts that templates refer to, such as `bos_token`. */
export type TemplateTokens = Readonly<Record<string, string>>;

/** What a template is made of. */
export interface TemplateSource {
  readonly source: string;
  readonly name: string;
  readonly tokens: TemplateTokens;
}

/** What the thread is told: first the template, then conversations. */
export type ThreadRequest =
  | { readonly kind: "open"; readonly template: TemplateSource }
  | {
    readonly kind: "render";
    readonly messages: readonly Message[];
    readonly options: RenderOptions;
  };

/** What it answers: that it is there, then to each conversation its text, or why it has none. */
export type ThreadAnswer =
  | { readonly isReady: true }
  | { readonly text: string }
  | { readonly reason: string };
