// Brings a person to what they must read first: the list of problems, or where to find help.
const first = document.querySelector("[data-focus-on-load]");
// Where it begins in the upper half of the screen, nothing above it needs to go.
first?.focus({ preventScroll: first.getBoundingClientRect().top < innerHeight / 2 });
