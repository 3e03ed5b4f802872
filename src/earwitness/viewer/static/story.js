// The transcript: what was said and what happened in between, line by line.
import { ask } from "./ask.js";
import { Chunks } from "./chunks.js";
import { element } from "./dom.js";
import { duration, offset, visible } from "./format.js";

const LONG = 1200; // characters of a line that are shown at first
const NEAR = 4; // pixels from the end at which the reader counts as being there

const WORDS = {
  tool: { ok: "tool", failed: "tool failed", running: "tool running" },
  error: { recoverable: "error, retried", fatal: "error" },
  handoff: { "": "handoff" },
  recording: { "": "recording" },
};

export class Story {
  constructor(moment) {
    this.moment = moment;
    this.scroller = document.getElementById("story");
    this.newer = document.getElementById("newer");
    this.follow = document.getElementById("follow");
    this.rows = new Map(); // what was read, by index
    this.current = -1;
    this.unseen = 0;
    this.chunks = new Chunks(this.scroller, {
      load: (from, count) => this.#load(from, count),
      render: (line, index) => this.#render(line, index),
      estimate: 46,
    });
    this.chunks.onfill = () => this.#mark();
    this.#listen();
  }

  get total() {
    return this.chunks.total;
  }

  async load() {
    const before = this.total;
    const { total } = await ask(`${this.moment.api}/story`, { from: 0, count: 0 });
    await this.grow(total);
    if (before === 0) await this.chunks.row(0);
  }

  /** The story has so many lines; a reader at its end is taken along, another is told. */
  async grow(total) {
    const more = total - this.total;
    const live = this.moment.state === "live" && this.total > 0;
    const atEnd = this.#atEnd();
    this.chunks.grow(total);
    this.#tellTotal(total);
    if (!live || more <= 0) return;
    if (atEnd) await this.#toEnd();
    else this.#tellNewer(this.unseen + more);
  }

  /** Bring the line of an event, or of a moment, before the reader. */
  async show({ position = null, seconds = null }, place = "center") {
    const at = seconds ?? this.moment.at;
    let index = await this.#indexAt(at);
    if (position !== null) index = this.#indexOf(position) ?? index;
    if (index < 0) return;
    this.current = index;
    await this.chunks.bring(index, place);
    this.#mark();
  }

  /** When the line of an event begins, in seconds, if the event has one. */
  beginOf(position) {
    const index = this.#indexOf(position);
    return index === null ? null : this.moment.seconds(this.rows.get(index).at);
  }

  /** Go on by so many lines, and be at the moment of that line. */
  async step(by) {
    if (this.total === 0) return;
    const index = Math.min(this.total - 1, Math.max(0, this.current + by));
    this.current = index;
    const row = await this.chunks.bring(index, "nearest");
    row?.querySelector("button").focus({ preventScroll: true });
    this.#go(this.rows.get(index));
  }

  async #load(from, count) {
    const answer = await ask(`${this.moment.api}/story`, { from, count });
    this.#keep(answer);
    return answer.lines;
  }

  #keep({ from, lines }) {
    lines.forEach((line, place) => this.rows.set(from + place, line));
  }

  #render(line, index) {
    const { moment } = this;
    const spoken = line.kind === "user" || line.kind === "agent";
    const seconds = moment.seconds(line.at);
    const row = element("div", {
      class: `line ${line.kind} ${line.outcome}`,
      role: "listitem",
      "aria-posinset": index + 1,
      "aria-setsize": this.total,
    });
    const time = element("button", { type: "button", class: "when mono" }, offset(seconds));
    const who = spoken
      ? line.kind === "user"
        ? "User"
        : visible(line.agent || "Agent")
      : (WORDS[line.kind]?.[line.outcome] ?? line.kind);
    row.append(time, element("span", { class: "who said" }, who), this.#text(line, spoken));
    row.addEventListener("click", (event) => {
      if (event.target.closest(".more") || String(getSelection())) return;
      this.current = index;
      this.#go(line);
    });
    return row;
  }

  #text(line, spoken) {
    const whole = visible(line.text) || "–";
    const text = element("span", { class: "said words", dir: "auto" }, whole.slice(0, LONG));
    const said = element("div", { class: "text" }, text);
    if (whole.length > LONG) {
      const rest = element("button", { type: "button", class: "more" });
      rest.textContent = `… ${(whole.length - LONG).toLocaleString()} more characters`;
      rest.addEventListener("click", () => {
        text.textContent = whole;
        rest.remove();
      });
      said.append(rest);
    }
    if (line.outcome === "interrupted") {
      said.append(element("span", { class: "cut" }, "cut short: this much was heard"));
    }
    if (!spoken && line.until !== null && line.until > line.at) {
      said.append(element("span", { class: "soft" }, ` ${duration((line.until - line.at) / 1e6)}`));
    }
    return said;
  }

  #go(line) {
    if (line === undefined) return;
    this.moment.seek(this.moment.seconds(line.at));
    this.moment.choose(line.position);
    this.#mark();
  }

  /** The index of the line of a moment: of the last that began by then, -1 before the first. */
  async #indexAt(seconds) {
    const at = this.moment.microseconds(seconds) + 1;
    const near = this.#near(at);
    if (near !== null) return near;
    const answer = await ask(`${this.moment.api}/story`, { at, count: 50 });
    this.#keep(answer);
    return answer.from + answer.lines.findLastIndex((line) => line.at <= at);
  }

  /** The same, if it is the line one is at, or one next to it. */
  #near(at) {
    for (const index of [this.current, this.current + 1, this.current - 1]) {
      const [line, next] = [this.rows.get(index), this.rows.get(index + 1)];
      const begun = index === -1 || (line !== undefined && line.at <= at);
      const over = next === undefined ? index === this.total - 1 : next.at > at;
      if (begun && over) return index;
    }
    return null;
  }

  #indexOf(position) {
    for (const [index, line] of this.rows) if (line.position === position) return index;
    return null;
  }

  #mark() {
    for (const { row, index, element: shown } of this.chunks.present()) {
      shown?.classList.toggle("now", index === this.current);
      shown?.classList.toggle("chosen", row.position === this.moment.chosen);
    }
  }

  #listen() {
    this.follow.addEventListener("click", () => this.toggleFollow());
    this.newer.addEventListener("click", () => this.#toEnd());
    this.scroller.addEventListener("scroll", () => {
      if (this.unseen && this.#atEnd()) this.#tellNewer(0);
    });
    for (const moved of ["wheel", "touchmove"]) {
      this.scroller.addEventListener(moved, () => this.#following && this.toggleFollow(), {
        passive: true,
      });
    }
    this.moment.on("choose", () => this.#mark());
    this.moment.on("time", () => this.#goAlong());
  }

  get #following() {
    return this.follow.getAttribute("aria-pressed") === "true";
  }

  toggleFollow() {
    this.follow.setAttribute("aria-pressed", String(!this.#following));
    this.#goAlong();
  }

  async #goAlong() {
    if (this.going || this.total === 0) return;
    this.going = true;
    const { at } = this.moment;
    try {
      const index = await this.#indexAt(at);
      if (index === this.current) return;
      this.current = index;
      if (this.#following && index >= 0) await this.chunks.bring(index, "nearest");
      this.#mark();
    } finally {
      this.going = false;
      if (at !== this.moment.at) requestAnimationFrame(() => this.#goAlong());
    }
  }

  #atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollTop + clientHeight >= scrollHeight - NEAR - 40;
  }

  async #toEnd() {
    this.#tellNewer(0);
    await this.chunks.bring(this.total - 1, "nearest");
  }

  #tellTotal(total) {
    const lines = total === 1 ? "line" : "lines";
    document.getElementById("lines").textContent = `${total.toLocaleString()} ${lines}`;
    document.getElementById("silence").hidden = total > 0;
  }

  #tellNewer(count) {
    this.unseen = count;
    this.newer.hidden = count === 0;
    this.newer.textContent = `${count} new ${count === 1 ? "line" : "lines"} ↓`;
  }
}
