// Single keys, wherever the reader is, except where they write.

const WRITING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

/** Call a function for each of some keys, by `event.key`. Space is left to buttons in focus. */
export function keys(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(WRITING) || document.querySelector("dialog[open]")) return;
    if (event.key === " " && event.target.closest("button, a, summary")) return;
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act(event);
  });
}

const help = document.getElementById("help");
document.querySelector("[data-help-button]")?.addEventListener("click", () => help.showModal());
keys({ "?": () => help.showModal() });
