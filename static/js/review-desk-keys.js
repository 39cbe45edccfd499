// The review desk by keyboard: j and k move, o opens, x ticks. Whoever dictates or uses a switch can turn it off;
// only that choice is kept in the browser.
const place = document.querySelector("[data-keys]");
const KEPT = "review-desk-keys";
let isOn = true;
try {
  isOn = localStorage.getItem(KEPT) !== "off";
} catch {
  // a browser that keeps nothing
}

const about = document.querySelector("[data-keys-about]");
const toggle = document.querySelector("[data-keys-switch]");
if (about && toggle) {
  about.hidden = false;
  const say = () => {
    toggle.textContent = isOn ? "Switch keys off" : "Switch keys on";
  };
  toggle.addEventListener("click", () => {
    isOn = !isOn;
    try {
      localStorage.setItem(KEPT, isOn ? "on" : "off");
    } catch {
      // kept for this page alone
    }
    say();
  });
  say();
}

const rows = [...document.querySelectorAll("[data-row]")];
const follow = (selector) => document.querySelector(selector)?.click();
const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

const move = (step) => {
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? rows[0] : rows[here + step];
  next?.querySelector("[data-open]").focus();
};

const inQueue = {
  j: () => move(1),
  k: () => move(-1),
  o: () => document.activeElement.closest("[data-row]")?.querySelector("[data-open]").click(),
  x: () => document.activeElement.closest("[data-row]")?.querySelector("input[type=checkbox]")?.click(),
};
const inReview = { j: () => follow("[data-next]"), k: () => follow("[data-previous]") };
const keys = place?.dataset.keys === "queue" ? inQueue : inReview;

document.addEventListener("keydown", (event) => {
  if (!isOn || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  keys[event.key]?.();
});
