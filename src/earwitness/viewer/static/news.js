// News of the server, for whoever looks.

/**
 * Call `tell` with every message of a name; gives a function that ends it.
 *
 * A browser has six connections to a server, for all of its tabs together, and each stream takes
 * one. So a tab that nobody looks at gives its own back, and asks anew when somebody does.
 */
export function news(address, name, tell) {
  let source = null;

  function look() {
    source?.close();
    source = document.hidden ? null : new EventSource(address);
    source?.addEventListener(name, tell);
  }

  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    source?.close();
  };
}
