// The timeline: one axis for lanes, waveform and playhead, to look closer at and to seek on.
import { ask, latest } from "./ask.js";
import { element, soon } from "./dom.js";
import { duration, offset, visible } from "./format.js";
import { arrange, draw, markAt, palette, ticks, RULER } from "./lanes.js";

const EMPTY = {};

export class Timeline {
  constructor(moment, { audio = false } = {}) {
    this.moment = moment;
    this.audio = audio;
    this.stage = document.querySelector(".stage");
    this.canvas = document.getElementById("lanes");
    this.seeker = document.getElementById("seeker");
    this.playhead = document.getElementById("playhead");
    this.hint = document.getElementById("hint");
    this.names = document.querySelector(".lane-names");
    this.all = { marks: EMPTY, from: 0, to: 0 };
    this.near = null;
    this.arranged = arrange(EMPTY, audio);
    this.colours = palette();
    this.fetchAll = latest((signal) => this.#fetch(signal, 0, Infinity));
    this.fetchNear = latest((signal, from, to) => this.#fetch(signal, from, to));
    this.lookNear = soon(() => this.#lookNear(), 90);
    this.#listen();
  }

  async load() {
    const found = await this.fetchAll();
    if (found === undefined) return;
    this.all = found;
    this.moment.grow(Math.max(found.to, 0.05));
    this.arranged = arrange(found.marks, this.audio);
    this.#nameLanes();
    this.resize();
    this.lookNear();
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    this.width = this.stage.clientWidth;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.arranged.height * ratio);
    this.stage.style.height = `${this.arranged.height}px`;
    this.paint();
  }

  x(seconds) {
    const { from, to } = this.moment.view;
    return ((seconds - from) / (to - from)) * this.width;
  }

  seconds(x) {
    const { from, to } = this.moment.view;
    return from + (x / this.width) * (to - from);
  }

  paint() {
    if (!this.width) return;
    cancelAnimationFrame(this.painting);
    this.painting = requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    const context = this.canvas.getContext("2d");
    const ratio = devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.arranged.height);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    this.#paintRuler(context);
    draw(context, {
      arranged: this.arranged,
      marks: this.#marks(),
      x: (microseconds) => this.x(this.moment.seconds(microseconds)),
      width: this.width,
      colours: this.colours,
      chosen: this.moment.chosen,
      now: this.moment.microseconds(this.moment.length),
    });
    this.#placePlayhead();
  }

  #paintRuler(context) {
    const { from, to } = this.moment.view;
    const { step, found } = ticks(from, to, this.width);
    context.fillStyle = this.colours["ink-soft"];
    for (const at of found) {
      const x = this.x(at);
      context.fillRect(x, RULER - 6, 1, 4);
      const label = step < 0.1 ? `${at.toFixed(2)}` : offset(at).replace(/\.0$/, "");
      if (x < this.width - 36) context.fillText(label, x + 3, 8);
    }
    context.fillStyle = this.colours.line;
    context.fillRect(0, RULER - 2, this.width, 1);
  }

  #placePlayhead() {
    const x = this.x(this.moment.at);
    this.playhead.hidden = x < 0 || x > this.width;
    this.playhead.style.transform = `translateX(${x}px)`;
  }

  /** The marks for what is in view: those fetched for it, or else those for all of it. */
  #marks() {
    const { from, to } = this.moment.view;
    const near = this.near;
    return near && near.from <= from + 1e-3 && near.to >= to - 1e-3 ? near.marks : this.all.marks;
  }

  async #fetch(signal, from, to) {
    const { moment } = this;
    const asked = { pixels: Math.max(200, this.stage.clientWidth) };
    if (to !== Infinity) {
      asked.from = moment.microseconds(from);
      asked.to = moment.microseconds(to);
    }
    const answer = await ask(`${moment.api}/timeline`, asked, signal);
    return {
      marks: answer.lanes,
      from: to === Infinity ? 0 : from,
      to: to === Infinity ? moment.seconds(answer.end) : to,
    };
  }

  async #lookNear() {
    const { from, to } = this.moment.view;
    if (this.moment.looksAtAll) {
      this.near = null;
    } else {
      const margin = (to - from) / 2;
      const found = await this.fetchNear(from - margin, to + margin);
      if (found === undefined) return;
      this.near = found;
    }
    this.paint();
  }

  #nameLanes() {
    this.names.replaceChildren();
    const { wave, lanes } = this.arranged;
    const named = wave ? [{ title: "Audio", top: wave.top, height: wave.height }, ...lanes] : lanes;
    for (const { title, top, height } of named) {
      const name = element("span", {}, title);
      name.style.top = `${top}px`;
      name.style.height = `${height}px`;
      this.names.append(name);
    }
    this.names.style.height = `${this.arranged.height}px`;
  }

  #listen() {
    const { moment, seeker } = this;
    moment.on("view", () => {
      this.paint();
      this.#tellTime();
      this.lookNear();
    });
    moment.on("time", () => this.#tellTime());
    moment.on("choose", () => this.paint());
    moment.on("length", () => this.#tellTime());
    document.addEventListener("theme", () => {
      this.colours = palette();
      this.paint();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours = palette();
      this.paint();
    });
    new ResizeObserver(() => this.resize()).observe(this.stage);
    seeker.addEventListener("pointerdown", (event) => this.#drag(event));
    seeker.addEventListener("pointermove", (event) => this.#point(event));
    seeker.addEventListener("pointerleave", () => (this.hint.hidden = true));
    seeker.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    seeker.addEventListener("dblclick", (event) => moment.zoom(4, this.seconds(event.offsetX)));
    seeker.addEventListener("keydown", (event) => this.#key(event));
  }

  #tellTime() {
    const { at, length, view } = this.moment;
    this.#placePlayhead();
    this.seeker.setAttribute("aria-valuemax", length.toFixed(1));
    this.seeker.setAttribute("aria-valuenow", at.toFixed(1));
    this.seeker.setAttribute("aria-valuetext", offset(at));
    const shown = document.getElementById("view");
    shown.style.left = `${(view.from / length) * 100}%`;
    shown.style.width = `${((view.to - view.from) / length) * 100}%`;
  }

  #under(event) {
    const x = (microseconds) => this.x(this.moment.seconds(microseconds));
    const now = this.moment.microseconds(this.moment.length);
    return markAt(this.arranged, this.#marks(), x, now, event.offsetX, event.offsetY);
  }

  #drag(event) {
    if (event.button !== 0) return;
    const { moment, seeker } = this;
    const begun = { x: event.clientX, view: { ...moment.view } };
    let moved = false;
    seeker.setPointerCapture(event.pointerId);
    const move = (now) => {
      const by = ((now.clientX - begun.x) / this.width) * (begun.view.to - begun.view.from);
      if (!moved && Math.abs(now.clientX - begun.x) < 5) return;
      moved = true;
      moment.look(begun.view.from - by, begun.view.to - by);
    };
    const end = (up) => {
      seeker.removeEventListener("pointermove", move);
      if (!moved && up.type === "pointerup") this.#click(up);
    };
    seeker.addEventListener("pointermove", move);
    seeker.addEventListener("pointerup", end, { once: true });
    seeker.addEventListener("pointercancel", end, { once: true });
  }

  #click(event) {
    const mark = this.#under(event);
    if (mark === null) {
      this.moment.seek(this.seconds(event.offsetX));
      return;
    }
    this.moment.seek(this.moment.seconds(mark.start));
    this.moment.choose(mark.position);
  }

  #point(event) {
    const mark = event.buttons === 0 ? this.#under(event) : null;
    this.hint.hidden = mark === null;
    if (mark === null) return;
    const { start, end, kind, label, count } = mark;
    const lasted = end === null ? "so far" : end > start ? duration((end - start) / 1e6) : "";
    const many = count > 1 ? `${count} of them` : "";
    const parts = [offset(this.moment.seconds(start)), mark.lane.title, kind, label, lasted, many];
    this.hint.textContent = visible(parts.filter(Boolean).join(" · "));
    const left = Math.min(event.offsetX + 8, this.width - this.hint.offsetWidth - 4);
    this.hint.style.left = `${Math.max(0, left)}px`;
    this.hint.style.top = `${mark.lane.top + mark.lane.height + 4}px`;
  }

  #wheel(event) {
    const { moment } = this;
    const { from, to } = moment.view;
    if (event.ctrlKey || event.metaKey) {
      moment.zoom(Math.exp(-event.deltaY / 300), this.seconds(event.offsetX));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (((event.deltaX || event.deltaY) * (to - from)) / this.width) * 1.5;
      moment.look(from + by, to + by);
    } else {
      return; // the page scrolls
    }
    event.preventDefault();
  }

  #key(event) {
    const { moment } = this;
    const steps = { Home: -Infinity, End: Infinity, PageUp: 30, PageDown: -30, ArrowUp: 1, ArrowDown: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    moment.seek(moment.at + steps[event.key]);
  }
}
