// The article as readers will see it, while it is being written. The server renders and sanitises it, as on the site.
// Without this script the button opens the same preview on a page of its own.

const WAIT = 500; // milliseconds without a key

const panel = document.querySelector("[data-preview]");
const form = panel?.closest("form");

if (form) {
  const text = panel.querySelector("[data-preview-text]");
  const remarks = panel.querySelector("[data-preview-remarks]");
  const status = panel.querySelector("[data-preview-status]");
  const written = ["title", "summary", "body"].map((name) => form.elements.namedItem(name)).filter(Boolean);
  let timer;
  let asked = 0;

  const show = async () => {
    const mine = ++asked;
    const fields = new FormData();
    fields.set("csrfmiddlewaretoken", form.elements.namedItem("csrfmiddlewaretoken").value);
    for (const field of written) fields.set(field.name, field.value);
    try {
      const answer = await fetch(panel.dataset.preview, {
        method: "POST",
        body: fields,
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const preview = await answer.json();
      if (mine !== asked) return; // a later one is on its way
      const page = new DOMParser().parseFromString(preview.html, "text/html");
      text.replaceChildren(...page.body.childNodes);
      remarks.replaceChildren(
        ...preview.remarks.map((remark) => {
          const item = document.createElement("li");
          item.textContent = remark;
          return item;
        }),
      );
      status.textContent = preview.remarks.length ? "" : "Nothing to mend.";
    } catch {
      if (mine === asked) status.textContent = "The preview could not be made. Your text is still in the form.";
    }
  };

  panel.querySelector("[data-preview-live]").hidden = false;
  for (const field of written) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, WAIT);
    });
  }
  show();
}
