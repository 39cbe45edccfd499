// A link of the error summary leads to an input. What it asks stands above it and must be seen as well.
for (const link of document.querySelectorAll("[data-leads-to-questions] a")) {
  link.addEventListener("click", (event) => {
    const input = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const question = input?.closest(".question");
    if (!question) return;
    event.preventDefault();
    question.scrollIntoView();
    input.focus({ preventScroll: true });
  });
}
