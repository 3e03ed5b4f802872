// One event: what the log holds of it, word for word, and the evidence for it.
import { ask, latest } from "./ask.js";
import { element } from "./dom.js";
import { localTime, offset, visible } from "./format.js";

const LONGEST = 200_000; // characters that are shown

export class Detail {
  constructor(moment, showTab) {
    this.moment = moment;
    this.panel = document.getElementById("panel-detail");
    this.fetch = latest((signal, position) => this.#show(signal, position));
    moment.on("choose", () => {
      if (moment.chosen === null) return;
      showTab("detail");
      this.fetch(moment.chosen);
    });
  }

  async #show(signal, position) {
    const address = `${this.moment.api}/events/${position}`;
    let event;
    try {
      event = await ask(address, {}, signal);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      this.panel.replaceChildren(element("p", { class: "empty soft" }, `Event ${position}: ${error.message}`));
      return;
    }
    this.panel.replaceChildren(this.#head(event), this.#facts(event, address), this.#payload(event));
    this.panel.scrollTop = 0;
  }

  #head({ position, type }) {
    const go = (to, title, sign) =>
      element(
        "button",
        { type: "button", class: "square", "aria-label": title, title, disabled: to < 0,
          onclick: () => this.moment.choose(to) },
        sign,
      );
    return element(
      "div",
      { class: "bar" },
      element("h3", { class: "mono said" }, visible(type)),
      element("span", { class: "end" }, go(position - 1, "Previous event", "‹"),
        element("span", { class: "mono" }, ` ${position} `), go(position + 1, "Next event", "›")),
    );
  }

  #facts(event, address) {
    const facts = [
      ["In the session", offset(this.moment.seconds(event.recorded_at))],
      ["Recorded", localTime(event.recorded_at)],
      ["Commitment", event.commitment],
    ];
    const list = element("dl", { class: "about" });
    for (const [name, value] of facts) {
      list.append(element("dt", {}, name), element("dd", { class: "mono said" }, visible(value ?? "–")));
    }
    const name = `${this.moment.id}.event-${event.position}`;
    const link = element(
      "a",
      { class: "button", href: `${address}/evidence`, download: `${name}.evidence` },
      "Download evidence",
    );
    const here = element("a", { class: "button", href: `#event=${event.position}` }, "Link to this event");
    return element("div", {}, list, element("p", { class: "acts" }, link, here));
  }

  #payload({ withheld, encrypted, payload }) {
    if (withheld) {
      const why = encrypted
        ? "The payload is encrypted, and its key is not here."
        : "The payload is withheld: this copy does not hold it.";
      return element("p", { class: "empty soft" }, why);
    }
    const whole = visible(JSON.stringify(payload, null, 2) ?? "null");
    const more = whole.length > LONGEST ? `\n… ${whole.length - LONGEST} more characters` : "";
    return element("pre", { class: "raw mono", tabindex: "0", "aria-label": "Payload" }, whole.slice(0, LONGEST) + more);
  }
}
