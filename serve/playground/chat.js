// Conversations with the model, kept in this browser.
import { complete } from "./events.js";

const element = (id) => document.getElementById(id);
const [form, question, send, stop, again, list, error, system, model, chosen, key] = [
  ...["form", "question", "send", "stop", "again", "messages", "error"],
  ...["system", "model", "conversation", "key"],
].map(element);
const KEY = "cllm-api-key";
const KEPT = "cllm-conversations";
const TITLE_CHARS = 40;

/** Conversations `{system, messages}`, the present one by its place. */
const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
let at = kept.length - 1;
if (at < 0) begin();
let running;

function begin() {
  at = kept.push({ system: "", messages: [] }) - 1;
}

const present = () => kept[at];

function keep() {
  localStorage.setItem(KEPT, JSON.stringify(kept));
}

function titleOf({ messages: [first] }) {
  return first ? first.content.slice(0, TITLE_CHARS) : "New conversation";
}

function button(name, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  made.addEventListener("click", onClick);
  return made;
}

/** Shows the present conversation. */
function show() {
  const { messages } = present();
  chosen.replaceChildren(...kept.map((each, index) => {
    return new Option(titleOf(each), String(index), false, index === at);
  }));
  system.value = present().system;
  list.replaceChildren(...messages.map(({ role, content }, index) => {
    const [item, who, text] = ["li", "strong", "p"].map((name) => document.createElement(name));
    item.className = role;
    who.textContent = role === "user" ? "You" : "Model";
    text.textContent = content;
    item.append(who, text);
    if (role === "user") item.append(button("Edit", () => edit(item, index)));
    return item;
  }));
  for (const each of list.querySelectorAll("button")) each.disabled = running !== undefined;
  send.disabled = running !== undefined;
  stop.disabled = running === undefined;
  again.disabled = running !== undefined || !messages.some(({ role }) => role === "user");
}

/** Lets a message be changed; what came after it is then answered anew. */
function edit(item, index) {
  const field = document.createElement("textarea");
  field.setAttribute("aria-label", "Changed message");
  field.value = present().messages[index].content;
  const save = button("Send changed", () => {
    present().messages.splice(index);
    ask(field.value);
  });
  item.replaceChildren(field, save, button("Cancel", show));
  field.focus();
}

/** Puts a question, and answers it. */
function ask(content) {
  present().messages.push({ role: "user", content });
  return answer();
}

async function answer() {
  const { messages } = present();
  const said = [...messages];
  if (present().system) said.unshift({ role: "system", content: present().system });
  const reply = { role: "assistant", content: "" };
  messages.push(reply);
  running = new AbortController();
  error.hidden = true;
  show();
  const text = list.lastElementChild.querySelector("p");
  try {
    const request = { model: model.value || undefined, messages: said };
    const options = { key: key.value, signal: running.signal, path: "v1/chat/completions" };
    for await (const { choices: [choice] } of complete(request, options)) {
      reply.content += choice?.delta.content ?? "";
      text.textContent = reply.content;
    }
  } catch (reason) {
    if (reason.name !== "AbortError") {
      error.textContent = reason.message;
      error.hidden = false;
      if (reason.status === 401) element("key-row").hidden = false;
    }
    if (reply.content === "") messages.pop();
  }
  running = undefined;
  keep();
  show();
  question.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running || question.value.trim() === "") return;
  const { value } = question;
  question.value = "";
  void ask(value);
});
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
addEventListener("keydown", ({ key }) => key === "Escape" && running?.abort());
stop.addEventListener("click", () => running?.abort());
again.addEventListener("click", () => {
  const { messages } = present();
  messages.splice(messages.findLastIndex(({ role }) => role === "user") + 1);
  void answer();
});
system.addEventListener("change", () => {
  present().system = system.value;
  keep();
});
chosen.addEventListener("change", () => {
  running?.abort();
  at = Number(chosen.value);
  show();
});
element("new").addEventListener("click", () => {
  running?.abort();
  if (kept.at(-1).messages.length > 0) begin();
  else at = kept.length - 1;
  show();
  question.focus();
});
element("delete").addEventListener("click", () => {
  running?.abort();
  kept.splice(at, 1);
  at = kept.length - 1;
  if (at < 0) begin();
  keep();
  show();
});
key.value = sessionStorage.getItem(KEY) ?? "";
key.addEventListener("input", () => sessionStorage.setItem(KEY, key.value));
key.addEventListener("change", listModels);

/** Offers the model and its adapters. */
async function listModels() {
  const headers = key.value ? { authorization: `Bearer ${key.value}` } : {};
  const response = await fetch("v1/models", { headers });
  if (!response.ok) {
    element("key-row").hidden = false;
    return;
  }
  const { data } = await response.json();
  model.replaceChildren(...data.map(({ id }) => new Option(id, id)));
}
show();
await listModels();
