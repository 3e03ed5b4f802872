// Runs before the page is drawn, so that no page flashes in the wrong colours.
(() => {
  const themes = ["auto", "light", "dark"];

  function kept() {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // a browser that keeps nothing
    }
  }

  function wear(theme) {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // then it holds for this page alone
    }
    for (const button of document.querySelectorAll("[data-theme-button]")) {
      button.setAttribute("aria-label", `Colours: ${theme}`);
      button.title = `Colours: ${theme}`;
    }
    document.dispatchEvent(new Event("theme"));
  }

  wear(kept());
  document.addEventListener("DOMContentLoaded", () => wear(kept()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-button]")) return;
    wear(themes[(themes.indexOf(kept()) + 1) % themes.length]);
  });
})();
