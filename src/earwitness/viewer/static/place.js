// The address of a moment or of an event: #t=12.3, #event=45.
import { ask } from "./ask.js";
import { soon } from "./dom.js";

export class Place {
  constructor(moment, story) {
    this.moment = moment;
    this.story = story;
    addEventListener("hashchange", () => this.go());
    const write = soon((hash) => history.replaceState(null, "", hash), 200);
    moment.on("seek", () => write(`#t=${moment.at.toFixed(1)}`));
    moment.on("choose", () => moment.chosen !== null && write(`#event=${moment.chosen}`));
  }

  /** Go where the address says. */
  async go() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const seconds = Number(asked.get("t"));
    const position = Number(asked.get("event"));
    if (asked.has("event") && Number.isSafeInteger(position) && position >= 0) await this.#toEvent(position);
    else if (asked.has("t") && Number.isFinite(seconds)) await this.#toMoment(seconds);
  }

  async #toEvent(position) {
    const { moment, story } = this;
    if (position === moment.chosen) return;
    try {
      const event = await ask(`${moment.api}/events/${position}`);
      const seconds = moment.seconds(event.recorded_at);
      await story.show({ position, seconds });
      moment.seek(story.beginOf(position) ?? seconds);
    } catch {
      // the pane for events says why
    }
    moment.choose(position);
  }

  async #toMoment(seconds) {
    this.moment.seek(seconds);
    await this.story.show({ seconds });
  }
}
