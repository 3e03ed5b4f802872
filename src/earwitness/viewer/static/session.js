// A session's page, put together.
import { Detail } from "./detail.js";
import { element } from "./dom.js";
import { dress } from "./format.js";
import { Integrity } from "./integrity.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { Moment } from "./moment.js";
import { Place } from "./place.js";
import { Player } from "./player.js";
import { Story } from "./story.js";
import { tabs } from "./tabs.js";
import { Timeline } from "./timeline.js";
import { Waterfalls } from "./waterfall.js";

const page = document.getElementById("session");
const root = document.documentElement.dataset.root;
const moment = new Moment(page);
const player = new Player(moment, page);
const timeline = new Timeline(moment, { audio: player.has });
const story = new Story(moment);
const showTab = tabs(document.querySelector("[role=tablist]"));
const waterfalls = new Waterfalls(moment, showTab);
new Detail(moment, showTab);
new Integrity(moment);
const place = new Place(moment, story);

/** Read again what the header says; the server alone writes it. */
async function refreshFacts() {
  const answer = await fetch(location.pathname);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["facts", "state"]) {
    document.getElementById(id).replaceWith(fresh.getElementById(id));
  }
  dress(page);
}

/** What is told of a session by all of its log, asked for when somebody wants to know. */
async function tellAbout() {
  const answer = await fetch(`${location.pathname}/about`);
  const told = new DOMParser().parseFromString(await answer.text(), "text/html");
  const failed = element("p", { class: "empty soft" }, `This cannot be told: ${answer.status}`);
  const shown = answer.ok ? told.body.children : [failed];
  document.getElementById("panel-about").replaceChildren(...shown);
}

async function grown() {
  await timeline.load();
  await story.load();
  await waterfalls.load();
  await refreshFacts();
}

/** What can be shown first comes first: where the time went takes longest to reckon. */
async function show() {
  await timeline.load();
  await story.load();
  await place.go();
  live(moment, grown);
  await Promise.all([waterfalls.load(), draw()]);
}

function tellFailure({ message }) {
  const told = `The session cannot be shown: ${message}`;
  page.querySelector(".time").before(element("p", { class: "panel refused", role: "alert" }, told));
}

async function draw() {
  if (!player.has) return;
  const { Wave } = await import("./wave.js");
  await new Wave(moment, player).load();
}

for (const [id, act] of [
  ["zoom-in", () => moment.zoom(2)],
  ["zoom-out", () => moment.zoom(0.5)],
  ["zoom-all", () => moment.look(0, moment.length)],
]) {
  document.getElementById(id).addEventListener("click", act);
}

keys({
  " ": () => player.toggle(),
  j: () => story.step(1),
  k: () => story.step(-1),
  ArrowLeft: () => moment.seek(moment.at - 5),
  ArrowRight: () => moment.seek(moment.at + 5),
  "+": () => moment.zoom(2),
  "=": () => moment.zoom(2),
  "-": () => moment.zoom(0.5),
  0: () => moment.look(0, moment.length),
  s: () => waterfalls.showSlowest(),
  f: () => story.toggleFollow(),
  u: () => location.assign(`${root}/`),
  Home: () => moment.seek(0),
  End: () => moment.seek(moment.length),
});

document.getElementById("tab-about").addEventListener("click", tellAbout);
dress(document);
// Of a damaged log the page says what is wrong, and nothing else can be shown.
if (moment.state === "damaged") showTab("integrity");
else await show().catch(tellFailure);
page.dataset.ready = "true"; // all of it is there
