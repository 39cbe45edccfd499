// Keeps what is typed on an unsent page in this tab, and sends it again after a lost connection. The form works without.
const PREFIX = "unsent ";
const LONGEST_WAIT = 30_000; // milliseconds

const form = document.querySelector("form[data-keep]");
if (document.querySelector("[data-forget-kept]")) forgetAll();
if (form) keep(form);

function forgetAll() {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
}

function keep(form) {
  const key = PREFIX + form.dataset.keep;
  let wait = 2_000;
  let isSending = false;
  let again;
  let pressed; // the button

  if (!document.querySelector(".error-summary, [role=alert]:not([hidden])")) putBack(form, key);
  form.addEventListener("input", () => {
    sessionStorage.setItem(key, JSON.stringify({ of: form.dataset.form, fields: typed(form) }));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    pressed = event.submitter;
    send();
  });
  form.querySelector("[data-try-again]")?.addEventListener("click", send);
  addEventListener("online", () => again && send());

  async function send() {
    if (isSending) return;
    isSending = true;
    clearTimeout(again);
    again = undefined;
    const slow = setTimeout(() => show("sending"), 400);
    const answer = await ask(form, pressed);
    clearTimeout(slow);
    isSending = false;
    if (answer === undefined || answer.status > 500) {
      show("lost");
      again = setTimeout(send, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    } else if (answer.status === 204) {
      sessionStorage.removeItem(key);
      location.assign(answer.headers.get("X-Next"));
    } else {
      form.submit(); // the browser shows what the site has to say; sending a page twice does no harm
    }
  }
}

async function ask(form, button) {
  const fields = new FormData(form);
  if (button?.name) fields.append(button.name, button.value);
  try {
    return await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "X-Keeps-Page": "1" },
      signal: AbortSignal.timeout(30_000),
    });
  } catch {
    return undefined;
  }
}

function inputs(form) {
  return [...form.elements].filter((input) => input.name && input.type !== "hidden");
}

function isTicked(input) {
  return input.type === "radio" || input.type === "checkbox";
}

function typed(form) {
  return inputs(form)
    .filter((input) => !isTicked(input) || input.checked)
    .map((input) => [input.name, input.value]);
}

function putBack(form, key) {
  const kept = JSON.parse(sessionStorage.getItem(key));
  if (kept?.of !== form.dataset.form) {
    sessionStorage.removeItem(key);
    return;
  }
  if (JSON.stringify(kept.fields) === JSON.stringify(typed(form))) return;
  for (const input of inputs(form)) {
    const values = kept.fields.filter(([name]) => name === input.name).map(([, value]) => value);
    if (isTicked(input)) input.checked = values.includes(input.value);
    else input.value = values[0] ?? "";
  }
  show("put-back");
}

function show(name) {
  for (const words of document.querySelectorAll("[data-kept]")) words.hidden = words.dataset.kept !== name;
}
