// The playground: sends the prompt and shows the answer as it arrives.
import { complete } from "./events.js";
import { Snippet } from "./snippet.js";
import { suggest } from "./suggestions.js";
import { TokenDetails, TokenText } from "./tokens.js";

const element = (id) => document.getElementById(id);
const [form, prompt, generate, stop, text, status, error, key] = [
  "form",
  "prompt",
  "generate",
  "stop",
  "text",
  "status",
  "error",
  "key",
].map(element);
const KEY = "cllm-api-key";
const NUMBERS = ["temperature", "max_tokens", "top_k", "top_p", "min_p", "seed"];
const HEALTH_MS = 10_000;

const tokens = new TokenText(
  text,
  {
    legend: element("legend"),
    details: new TokenDetails({
      panel: element("token"),
      title: element("token-title"),
      list: element("alternatives"),
      hint: element("text-hint"),
    }),
  },
);
let running;

/** The hint names what the last pointer does. */
function nameGesture(pointerType) {
  const verb = pointerType === "touch" ? "Tap a token" : "Point at a token";
  element("text-hint-verb").textContent = verb;
}
nameGesture(matchMedia("(hover: none)").matches ? "touch" : "mouse");
addEventListener("pointerdown", ({ pointerType }) => nameGesture(pointerType));

key.value = sessionStorage.getItem(KEY) ?? "";
key.addEventListener("input", () => sessionStorage.setItem(KEY, key.value));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  generate.disabled = true;
  stop.disabled = false;
  error.hidden = true;
  text.setAttribute("aria-busy", "true");
  status.textContent = "Reading the prompt";
  tokens.begin(prompt.value);
  let ending = "";
  try {
    ending = await show(complete(request(), { key: key.value, signal: running.signal }));
  } catch (reason) {
    if (reason.name === "AbortError") ending = "stopped";
    else {
      tell(reason);
      ending = "failed";
    }
  }
  tokens.shade();
  status.textContent = [progress(), ending].filter(Boolean).join(" \u00b7 ");
  text.setAttribute("aria-busy", "false");
  program.update();
  generate.disabled = false;
  stop.disabled = true;
  running = undefined;
});

stop.addEventListener("click", () => {
  running?.abort();
  // A button that is no longer there to press gives its focus to the next one to be pressed.
  generate.disabled = false;
  generate.focus();
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

/** The fields of a completion; those left empty are left to the server. */
function request() {
  const stops = element("stop_strings").value.split("\n").filter((line) => line !== "");
  const numbers = NUMBERS.map((name) => [name, element(name).valueAsNumber])
    .filter(([, value]) => !Number.isNaN(value));
  return {
    prompt: prompt.value,
    logprobs: 5,
    ...(stops.length > 0 && { stop: stops }),
    ...Object.fromEntries(numbers),
  };
}

let begun = 0;

/** Shows chunks until the last; gives the reason of the end. */
async function show(chunks) {
  begun = 0;
  let ending = "";
  for await (const { choices, model, system_fingerprint } of chunks) {
    begun ||= performance.now();
    const [{ text: piece, logprobs, finish_reason }] = choices;
    tokens.add(piece, logprobs);
    serving(system_fingerprint);
    form.dataset.model = model;
    if (finish_reason === "length") ending = "as long as allowed";
    if (finish_reason === "stop") ending = "ended by itself";
    status.textContent = progress();
  }
  return ending;
}

function progress() {
  const { count } = tokens;
  if (count === 0) return "";
  const rate = 1000 * (count - 1) / (performance.now() - begun);
  const shown = count > 1 ? ` \u00b7 ${rate.toFixed(rate < 100 ? 1 : 0)} tokens/s` : "";
  return `${count} ${count === 1 ? "token" : "tokens"}${shown}`;
}

function tell({ message, status }) {
  const isUnreachable = status === undefined && message === "Failed to fetch";
  error.textContent = isUnreachable ? "The server cannot be reached" : message;
  error.hidden = false;
  if (status === 401) {
    element("key-row").hidden = false;
    key.focus();
  }
}

/** Names the weights that answer. */
function serving(fingerprint) {
  const step = /^step-0*(\d+)$/.exec(fingerprint)?.[1];
  const name = step === undefined ? `Serving ${fingerprint}` : `Serving step ${step}`;
  // Said again only when it changes.
  if (element("serving").textContent === name) return;
  element("serving").textContent = name;
  offer();
}

/** Asks which weights answer now: a newer checkpoint may have taken over. */
async function look() {
  if (document.hidden) return;
  try {
    const { status, fingerprint } = await (await fetch("health")).json();
    if (fingerprint) serving(fingerprint);
    else element("serving").textContent = status;
  } catch {
    element("serving").textContent = "not reachable";
  }
}
const program = new Snippet(
  {
    code: element("snippet"),
    language: element("language"),
    copy: element("copy"),
    copied: element("copied"),
    note: element("snippet-note"),
  },
  () => {
    // Only this page needs to know what else each token could have been.
    const { logprobs: _, ...settings } = request();
    return {
      base: new URL("v1", location.href).href,
      body: { ...(form.dataset.model && { model: form.dataset.model }), ...settings },
      key: key.value,
    };
  },
);

/** Offers prompts of what is served now. */
async function offer() {
  // Without the key that is needed, the server would only refuse.
  if (!element("key-row").hidden && !key.value) return;
  try {
    await suggest(element("suggestions"), prompt, key.value);
  } catch (reason) {
    // Of a server that has gone away, look() tells.
    if (!(reason instanceof TypeError)) throw reason;
  }
}
key.addEventListener("change", offer);

setInterval(look, HEALTH_MS);
addEventListener("visibilitychange", look);
await look();
