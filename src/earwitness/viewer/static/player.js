// Playing the audio, and being at a moment where there is none.
import { offset } from "./format.js";

export class Player {
  constructor(moment, page) {
    this.moment = moment;
    this.audio = document.getElementById("audio");
    this.button = document.getElementById("play");
    this.clock = document.getElementById("clock");
    const { audioStarted, audioSeconds } = page.dataset;
    this.has = audioStarted !== undefined;
    this.begins = this.has ? moment.seconds(Number(audioStarted)) : 0;
    this.seconds = Number(audioSeconds) || 0;
    this.#listen();
  }

  toggle() {
    if (!this.has) return;
    if (this.audio.paused) this.audio.play().catch((error) => this.#say(error.message));
    else this.audio.pause();
  }

  #listen() {
    const { audio, moment } = this;
    this.button.addEventListener("click", () => this.toggle());
    document.getElementById("rate")?.addEventListener("change", (event) => {
      audio.playbackRate = Number(event.target.value);
    });
    moment.on("seek", () => this.#seek());
    moment.on("time", () => (this.clock.textContent = offset(moment.at)));
    audio.addEventListener("play", () => this.#show(true));
    audio.addEventListener("pause", () => this.#show(false));
    audio.addEventListener("error", () => this.#say("the audio cannot be played"));
  }

  #seek() {
    if (!this.has) return;
    const at = this.moment.at - this.begins;
    this.audio.currentTime = Math.min(Math.max(0, at), this.audio.duration || this.seconds || 0);
  }

  #show(playing) {
    this.button.textContent = playing ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", playing ? "Pause" : "Play");
    if (playing) this.#run();
  }

  #run() {
    if (this.audio.paused) return;
    this.moment.pass(this.begins + this.audio.currentTime);
    requestAnimationFrame(() => this.#run());
  }

  #say(text) {
    const note = document.getElementById("audio-note");
    if (note) note.textContent = text;
  }
}
