// The list of sessions: filters without reloading, keys, and rows that change while one looks.
import { soon } from "./dom.js";
import { dress } from "./format.js";
import { keys } from "./keys.js";
import { news } from "./news.js";

const root = document.documentElement.dataset.root;
const form = document.getElementById("filters");
const search = document.getElementById("search");
let chosen = null; // the id of the session the keys have gone to
let marked = null; // the one to compare with
let asking = null;

/** Show what an address shows, without leaving the page: the server alone writes rows. */
async function show(address, keep = history.pushState) {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  try {
    const answer = await fetch(address, { signal: mine.signal, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("results");
    if (fresh === null) return location.assign(address);
    const focused = document.activeElement?.closest("[data-session]")?.dataset.session;
    document.getElementById("results").replaceWith(fresh);
    keep?.call(history, null, "", address);
    furnish();
    if (focused) row(focused)?.querySelector("a").focus({ preventScroll: true });
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  } finally {
    if (asking === mine) asking = null;
  }
}

function furnish() {
  dress(document.getElementById("results"));
  for (const line of rows()) line.classList.toggle("marked", line.dataset.session === marked);
  const reading = document.querySelector(".reading");
  if (reading) setTimeout(() => refresh(), 500);
}

const rows = () => [...document.querySelectorAll("#results [data-session]")];
const row = (id) => rows().find((line) => line.dataset.session === id);
// News waits for whoever is on the way to other rows.
const refresh = soon(() => (asking ? refresh() : show(location.href, null)), 250);

function asked() {
  const query = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...query]) if (value === "") query.delete(name, value);
  const text = query.toString();
  return text ? `${root}/?${text}` : `${root}/`;
}

function step(by) {
  const lines = rows();
  if (lines.length === 0) return;
  const here = lines.findIndex((line) => line.contains(document.activeElement));
  const from = here >= 0 ? here : lines.findIndex((line) => line.dataset.session === chosen);
  const next = lines[Math.min(lines.length - 1, Math.max(0, from < 0 ? 0 : from + by))];
  chosen = next.dataset.session;
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest" });
}

function mark() {
  const line = document.activeElement?.closest("[data-session]");
  if (!line) return;
  if (marked !== null && marked !== line.dataset.session) {
    const query = new URLSearchParams({ a: marked, b: line.dataset.session });
    location.assign(`${root}/compare?${query}`);
    return;
  }
  marked = marked === null ? line.dataset.session : null;
  furnish();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(asked());
});
form.addEventListener("change", (event) => {
  if (event.target !== search) show(asked());
});
search.addEventListener(
  "input",
  soon(() => show(asked(), history.replaceState), 200),
);
document.addEventListener("click", (event) => {
  const page = event.target.closest(".pages a");
  if (page && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    show(page.href).then(() => window.scrollTo(0, 0));
    return;
  }
  const line = event.target.closest("[data-session]");
  if (line && !event.target.closest("a") && String(getSelection()) === "") {
    location.assign(line.querySelector("a").href);
  }
});
addEventListener("popstate", () => location.reload());

keys({
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  "/": () => search.select(),
  n: () => document.querySelector("a[rel=next]")?.click(),
  c: mark,
});

news(`${root}/api/v1/live`, "session", refresh);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
furnish();
