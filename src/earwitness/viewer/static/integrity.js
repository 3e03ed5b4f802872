// Verifying the session's log while one looks.
import { element } from "./dom.js";
import { visible } from "./format.js";

export class Integrity {
  constructor(moment) {
    this.moment = moment;
    this.panel = document.getElementById("panel-integrity");
    this.button = element("button", { type: "button", class: "first" }, "Verify this log");
    this.bar = element("progress", { max: "1", value: "0", "aria-label": "Verification", hidden: true });
    this.result = element("div", { role: "status", class: "result" });
    this.button.addEventListener("click", () => this.verify());
    this.panel.replaceChildren(
      element(
        "p",
        { class: "soft" },
        "Reads every line of the log again, recomputes its hashes, and checks them against its " +
          "signed checkpoint. Evidence for one event is with the event.",
      ),
      element("p", { class: "acts" }, this.button, this.bar),
      this.result,
    );
  }

  verify() {
    this.source?.close();
    this.button.disabled = true;
    this.bar.hidden = false;
    this.bar.removeAttribute("value");
    this.result.textContent = "Verifying …";
    this.source = new EventSource(`${this.moment.api}/verify`);
    this.source.addEventListener("progress", (event) => this.#go(JSON.parse(event.data)));
    this.source.addEventListener("verified", (event) => this.#end(JSON.parse(event.data)));
    this.source.addEventListener("error", () => this.#fail());
  }

  #go({ done, total }) {
    this.bar.max = Math.max(1, total);
    this.bar.value = done;
    this.result.textContent = `${done.toLocaleString()} of ${total.toLocaleString()} events`;
  }

  #close() {
    this.source.close();
    this.button.disabled = false;
    this.button.textContent = "Verify again";
    this.bar.hidden = true;
  }

  #fail() {
    this.#close();
    this.result.replaceChildren(element("p", { class: "verdict bad" }, "The verification was cut off."));
  }

  #end(found) {
    this.#close();
    const { sound } = found;
    const verdict = element("p", { class: `verdict ${sound ? "good" : "bad"}` });
    verdict.textContent = sound ? "✓ Sound: every line is what was sealed." : "✗ Not sound.";
    this.result.replaceChildren(verdict, this.#findings(found), this.#facts(found));
    const state = document.getElementById("state");
    state.textContent = sound ? "sound" : "not sound";
    state.className = `chip ${sound ? "good" : "bad"}`;
  }

  #findings({ findings }) {
    return element(
      "ul",
      { class: "findings" },
      ...(findings ?? []).map((finding) => {
        const text = [finding.where, finding.message].filter(Boolean).join(": ");
        return element("li", { class: `said ${finding.severity ?? ""}` }, visible(text));
      }),
    );
  }

  #facts({ facts }) {
    const list = element("dl", { class: "about" });
    for (const [name, value] of Object.entries(facts ?? {})) {
      list.append(element("dt", {}, visible(name)), element("dd", { class: "mono said" }, visible(value)));
    }
    return list;
  }
}
