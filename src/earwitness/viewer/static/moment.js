// What the parts of a session's page share: the moment one is at, what is chosen, what is in view.
// Seconds count from the opening of the session; the server counts microseconds since the epoch.

export class Moment extends EventTarget {
  constructor(page) {
    super();
    this.api = page.dataset.api;
    this.id = page.dataset.session;
    this.state = page.dataset.state;
    this.opened = Number(page.dataset.opened);
    this.at = 0;
    this.length = 0;
    this.chosen = null;
    this.view = { from: 0, to: 1 };
  }

  seconds(microseconds) {
    return (microseconds - this.opened) / 1e6;
  }

  microseconds(seconds) {
    return Math.round(this.opened + seconds * 1e6);
  }

  tell(what) {
    this.dispatchEvent(new Event(what));
  }

  on(what, act) {
    this.addEventListener(what, act);
  }

  /** Somebody wants to be at another moment. */
  seek(seconds) {
    this.at = Math.min(Math.max(0, seconds), this.length);
    this.tell("seek");
    this.tell("time");
  }

  /** The audio has gone on by itself. */
  pass(seconds) {
    this.at = seconds;
    this.tell("time");
  }

  /** Somebody has chosen an event, by its position. */
  choose(position) {
    this.chosen = position;
    this.tell("choose");
  }

  look(from, to) {
    const width = Math.min(Math.max(to - from, 0.05), Math.max(this.length, 0.05));
    const start = Math.min(Math.max(0, from), Math.max(0, this.length - width));
    this.view = { from: start, to: start + width };
    this.tell("view");
  }

  get looksAtAll() {
    return this.view.to - this.view.from >= this.length - 1e-6;
  }

  zoom(factor, around = this.at) {
    const { from, to } = this.view;
    const middle = around >= from && around <= to ? around : (from + to) / 2;
    this.look(middle - (middle - from) / factor, middle + (to - middle) / factor);
  }

  /** The session has grown to a new length. */
  grow(length) {
    const all = this.looksAtAll;
    this.length = length;
    if (all) this.look(0, length);
    this.tell("length");
  }
}
