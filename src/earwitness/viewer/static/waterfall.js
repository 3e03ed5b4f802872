// Where the time went: each turn from the end of the user's speech to the agent's first sound.
import { ask } from "./ask.js";
import { Chunks } from "./chunks.js";
import { element } from "./dom.js";
import { duration } from "./format.js";

const SINCE = {
  speech: "",
  silence: "from when the user was seen to be silent",
  message: "from when the message came in",
};

export class Waterfalls {
  constructor(moment, showTab) {
    this.moment = moment;
    this.showTab = showTab;
    this.panel = document.getElementById("panel-latency");
    this.titles = JSON.parse(this.panel.dataset.titles);
    this.button = document.getElementById("slowest");
    this.open = null; // the number of the turn that is told in full
    this.button.addEventListener("click", () => this.showSlowest());
  }

  load() {
    this.loading = this.#load();
    return this.loading;
  }

  async #load() {
    const found = await this.#ask(0, 0);
    const before = this.found;
    this.found = found;
    this.button.hidden = found.slowest === null;
    if (JSON.stringify(before) === JSON.stringify(found)) return;
    const top = this.panel.scrollTop;
    this.#show();
    this.panel.scrollTop = top;
  }

  #ask(from, count) {
    return ask(`${this.moment.api}/latency`, { from, count });
  }

  async showSlowest() {
    await this.loading;
    const index = this.found?.slowest?.index;
    if (index === undefined) return;
    const [waterfall] = (await this.#ask(index, 1)).waterfalls;
    this.#go(waterfall);
    this.showTab("latency");
    const row = await this.chunks.bring(index);
    if (row.querySelector(".full") === null) this.#open(row, waterfall);
    await this.chunks.bring(index);
    row.querySelector("button").focus({ preventScroll: true });
  }

  #show() {
    const { gap, stages, total } = this.found;
    this.panel.replaceChildren();
    if (gap === null) {
      this.panel.append(element("p", { class: "empty soft" }, "No turn was asked and answered yet."));
      return;
    }
    this.panel.append(this.#summary(gap, stages));
    const list = element("div", { role: "list", class: "turns", "aria-label": "Turns" });
    this.panel.append(list);
    this.chunks = new Chunks(this.panel, {
      load: async (from, count) => (await this.#ask(from, count)).waterfalls,
      render: (waterfall) => this.#turn(waterfall, gap.worst),
      estimate: 40,
      holder: list,
    });
    this.chunks.grow(total);
  }

  #summary(gap, stages) {
    const rows = [["Answer heard after", gap, "gap"]];
    for (const [stage, spread] of Object.entries(stages)) rows.push([this.titles[stage], spread, stage]);
    const head = element("tr", {}, ...["", "Median", "90 %", "95 %", "Worst", "Turns"].map(
      (title, place) => element("th", { scope: "col", class: place ? "number" : null }, title || "Stage"),
    ));
    const body = rows.map(([title, spread, stage]) =>
      element(
        "tr",
        { class: stage === "gap" ? "gap" : null },
        element("th", { scope: "row" }, element("i", { class: `swatch ${stage}` }), title),
        ...["median", "p90", "p95", "worst"].map((rank) =>
          element("td", { class: "number" }, duration(spread[rank] / 1e6)),
        ),
        element("td", { class: "number soft" }, String(spread.count)),
      ),
    );
    return element("table", { class: "spread" }, element("thead", {}, head), element("tbody", {}, ...body));
  }

  #turn(waterfall, worst) {
    const { turn, gap, segments } = waterfall;
    const row = element("div", { role: "listitem", class: "turn" });
    const slowest = turn === this.found.slowest?.turn;
    const said = segments.map(({ stage, length }) => `${this.titles[stage]} ${duration(length / 1e6)}`);
    const name = element(
      "button",
      { type: "button", class: "name", "aria-expanded": String(this.open === turn) },
      `Turn ${turn}`,
      slowest ? element("span", { class: "chip warn" }, "slowest") : null,
      element("span", { class: "unseen" }, `: ${said.join(", ")}`),
    );
    const track = element("div", { class: "track", "aria-hidden": "true" });
    track.style.width = `${(gap / worst) * 100}%`;
    for (const segment of segments) track.append(this.#bar(waterfall, segment));
    row.append(name, element("div", { class: "room" }, track));
    row.append(element("span", { class: "took number" }, duration(gap / 1e6)));
    if (this.open === turn) row.append(this.#full(waterfall));
    row.addEventListener("click", (event) => {
      if (!event.target.closest(".full")) this.#toggle(row, waterfall);
    });
    return row;
  }

  #bar({ start, gap }, { stage, length, start: at }) {
    const bar = element("span", { class: `segment ${stage}` });
    bar.style.width = `${(length / gap) * 100}%`;
    bar.title = `${this.titles[stage]}: ${duration(length / 1e6)}, ${duration((at - start) / 1e6)} in`;
    return bar;
  }

  #toggle(row, waterfall) {
    if (this.open === waterfall.turn && row.querySelector(".full")) {
      this.#close();
      return;
    }
    this.#open(row, waterfall);
    this.#go(waterfall);
    this.showTab("latency");
  }

  #close() {
    this.open = null;
    for (const other of this.panel.querySelectorAll(".turn")) {
      other.querySelector(".full")?.remove();
      other.querySelector(".name").setAttribute("aria-expanded", "false");
    }
  }

  #open(row, waterfall) {
    this.#close();
    this.open = waterfall.turn;
    row.append(this.#full(waterfall));
    row.querySelector(".name").setAttribute("aria-expanded", "true");
  }

  #full({ start, gap, segments, since }) {
    const rows = segments.map(({ stage, length, start: at }) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("i", { class: `swatch ${stage}` }), this.titles[stage]),
        element("td", { class: "number soft" }, `+${duration((at - start) / 1e6)}`),
        element("td", { class: "number" }, duration(length / 1e6)),
        element("td", { class: "number soft" }, `${Math.round((length / gap) * 100)} %`),
      ),
    );
    const total = element(
      "tr",
      { class: "gap" },
      element("th", { scope: "row" }, "Together"),
      element("td"),
      element("td", { class: "number" }, duration(gap / 1e6)),
      element("td", { class: "number soft" }, "100 %"),
    );
    const table = element("table", { class: "spread" }, element("tbody", {}, ...rows, total));
    const note = SINCE[since] ? element("p", { class: "soft note" }, `Measured ${SINCE[since]}.`) : null;
    return element("div", { class: "full" }, table, note);
  }

  #go({ start, gap, position }) {
    const { moment } = this;
    const at = moment.seconds(start);
    const { from, to } = moment.view;
    const width = Math.max(gap / 1e6, 0.05) * 3;
    if (!moment.looksAtAll || width < (to - from) / 8) moment.look(at - width / 3, at + (2 * width) / 3);
    moment.seek(at);
    moment.choose(position);
  }
}
