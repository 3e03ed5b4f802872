// Tabs: one panel at a time, arrows between them.

/** Makes a tab list work; gives a function that shows a tab by its name. */
export function tabs(list) {
  const all = [...list.querySelectorAll("[role=tab]")];

  function show(tab, focus = false) {
    for (const each of all) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
  }

  for (const tab of all) tab.addEventListener("click", () => show(tab));
  list.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const offered = all.filter((tab) => !tab.hidden);
    const here = offered.indexOf(document.activeElement);
    show(offered[(here + by + offered.length) % offered.length], true);
  });
  return (name) => show(all.find((tab) => tab.id === `tab-${name}`));
}
