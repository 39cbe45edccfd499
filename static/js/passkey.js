// Passkeys: asks the browser for what the page wants, and posts its answer. Where the browser has none, the forms stay hidden.
(function () {
  "use strict";
  const api = window.PublicKeyCredential;
  if (!api || !api.parseRequestOptionsFromJSON) return;

  async function wanted(form) {
    const written = form.querySelector('script[type="application/json"]');
    if (written) return JSON.parse(written.textContent).publicKey;
    const answer = await fetch(form.dataset.optionsFrom, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("refused");
    return (await answer.json()).publicKey;
  }

  async function ask(form) {
    const options = await wanted(form);
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(options) });
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const failed = form.querySelector("[data-passkey-failed]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      try {
        form.elements.passkey.value = JSON.stringify((await ask(form)).toJSON());
        form.submit(); // does not come here again
      } catch {
        failed.hidden = false; // given up, or no such passkey: browsers do not say which
      }
    });
  }
})();
