// Brings a person to what they must read first: the list of problems, or where to find help.
document.querySelector("[data-focus-on-load]")?.focus();
