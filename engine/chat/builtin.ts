/**
 * Chat templates for models that come with none.
 *
 * @module
 */

/** Each message as `open`, `close` and `after` write it, of answers `close` marked as generated. */
function turns(
  { open, close, before = "", after = "''" }: {
    open: string;
    close: string;
    before?: string;
    after?: string;
  },
): string {
  return `${before}{% for m in messages %}{{ ${open} }}` +
    "{% if m['role'] == 'assistant' %}{% generation %}" +
    `{{ ${close} }}{% endgeneration %}{% else %}{{ ${close} }}{% endif %}` +
    `{{ ${after} }}{% endfor %}`;
}

/** A template, and the special tokens that it cannot do without. */
export interface BuiltinTemplate {
  /** In Jinja, with `{% generation %}`. */
  readonly source: string;
  /** Tokens that the tokenizer must have. */
  readonly specials: readonly string[];
}

const CALL = "{% if add_generation_prompt %}";

/** By the names that `--chat-template` takes. */
export const BUILTIN_TEMPLATES: Readonly<Record<string, BuiltinTemplate>> = {
  // In plain words: it needs no token but the one that ends a text.
  plain: {
    source: turns({
      open: "m['role'] | capitalize + ':\\n'",
      close: "m['content'] + (eos_token if m['role'] == 'assistant' else '')",
      after: "'\\n\\n'",
    }) + `${CALL}{{ 'Assistant:\\n' }}{% endif %}`,
    specials: [],
  },
  chatml: {
    source: turns({
      open: "'<|im_start|>' + m['role'] + '\\n'",
      close: "m['content'] + '<|im_end|>'",
      after: "'\\n'",
    }) +
      `${CALL}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
    specials: ["<|im_start|>", "<|im_end|>"],
  },
  llama3: {
    source: turns({
      open: "'<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n'",
      close: "m['content'] | trim + '<|eot_id|>'",
      before: "{{ bos_token }}",
    }) +
      `${CALL}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`,
    specials: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
  },
};
