// Prompts of the corpus that the model was trained on, offered under the prompt.

/** The prompts that the server has; none where it has none, or wants a key first. */
async function readPrompts(key) {
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  const response = await fetch("prompts.json", { headers });
  if (!response.ok) return [];
  const { prompts } = await response.json();
  return prompts;
}

/** Offers them in `host`; each goes to `prompt`, and the first at once where nobody has written. */
export async function suggest(host, prompt, key) {
  const texts = await readPrompts(key);
  const shown = [...host.children].map(({ title }) => title);
  if (texts.join("\n") === shown.join("\n")) return;
  host.hidden = texts.length === 0;
  host.replaceChildren(...texts.map((text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.title = text;
    button.addEventListener("click", () => {
      prompt.value = text;
      prompt.dispatchEvent(new Event("input", { bubbles: true }));
      prompt.focus();
    });
    return button;
  }));
  if (texts.length > 0 && prompt.value === prompt.defaultValue) {
    prompt.value = texts[0];
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
