// Asks whether somebody is still there before a session ends, and keeps what was typed if nobody answered.
// The server decides when it ends; this only says so in time. Another tab may have been used meanwhile.
const dialog = document.querySelector("[data-idle]");
if (dialog) watch(dialog);

function watch(dialog) {
  const { account, left, stay } = dialog.dataset;
  const warning = Number(dialog.dataset.warning);
  const asks = dialog.querySelector("[data-idle-asks]");
  const over = dialog.querySelector("[data-idle-over]");
  const count = dialog.querySelector("[data-idle-count]");
  const title = document.title;
  let ends = 0;
  let timer;

  function schedule(seconds) {
    ends = Date.now() + seconds * 1000;
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(seconds - warning, 1) * 1000);
  }

  async function look() {
    const answer = await ask(left);
    if (!answer) return (timer = setTimeout(look, 5000)); // no network: the session may go on all the same
    if (String(answer.account ?? "") !== account || answer.seconds <= 0) return end();
    if (answer.seconds > warning) return close(answer);
    ends = Date.now() + answer.seconds * 1000;
    if (!dialog.open) open();
    tick();
  }

  function tick() {
    const seconds = Math.round((ends - Date.now()) / 1000);
    if (!dialog.open || !over.hidden) return;
    clearTimeout(timer);
    if (seconds <= 0) return (timer = setTimeout(look, 1000));
    count.textContent = seconds > 90 ? "2 minutes" : seconds > 45 ? "1 minute" : "less than a minute";
    timer = setTimeout(tick, 1000);
  }

  function open() {
    document.title = `Signing out soon: ${title}`;
    dialog.showModal();
    dialog.querySelector("[data-idle-stay]").focus();
  }

  function close(answer) {
    if (answer.token) {
      for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = answer.token;
    }
    document.title = title;
    asks.hidden = false;
    over.hidden = true;
    dialog.classList.remove("idle--over");
    if (dialog.open) dialog.close();
    schedule(answer.seconds);
  }

  function end() {
    if (!hasUnsaved()) return location.reload(); // shows the sign-in, and nothing of a patient
    asks.hidden = true;
    over.hidden = false;
    dialog.classList.add("idle--over"); // covers what stands behind it
    document.title = `Signed out: ${title}`;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[data-idle-sign-in]").focus();
  }

  async function stayHere() {
    const answer = await ask(stay, {
      method: "POST",
      headers: { "X-CSRFToken": dialog.querySelector("[name=csrfmiddlewaretoken]").value },
    });
    if (answer) close(answer);
    else look();
  }

  async function comeBack() {
    const answer = await ask(left);
    if (answer && answer.seconds > 0 && String(answer.account) === account) close(answer);
    else if (answer && answer.seconds > 0) location.reload(); // somebody else signed in: this was not theirs
  }

  dialog.querySelector("[data-idle-form]").addEventListener("submit", (event) => {
    event.preventDefault();
    stayHere();
  });
  dialog.querySelector("[data-idle-again]").addEventListener("click", comeBack);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault(); // Escape: somebody is there
    if (over.hidden) stayHere();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    if (!over.hidden) comeBack();
    else if (Date.now() > ends - warning * 1000) look(); // timers stand still while a computer sleeps
  });
  schedule(Number(dialog.dataset.seconds));
}

function hasUnsaved() {
  const typed = document.querySelectorAll("form[method=post] textarea, form[method=post] input[type=text]");
  return [...typed].some((field) => field.value !== field.defaultValue);
}

async function ask(address, how = {}) {
  const headers = how.method ? how.headers : { "X-Clinic-Background": "1" };
  try {
    const response = await fetch(address, { ...how, headers, redirect: "error", cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
