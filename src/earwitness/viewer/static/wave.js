// The waveform of the audio, both channels, on the axis of the timeline.
import { colour } from "./dom.js";
import WaveSurfer from "./vendor/wavesurfer/wavesurfer.esm.js";

const RATE = 8000; // samples a second are plenty to draw from
const PEAKS = 100; // a second
const LONGEST = 90 * 60; // seconds that a browser can be asked to decode
const HEIGHT = 60;

/** The loudest sample of each hundredth of a second, for each channel. */
async function peaksOf(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const decoder = new OfflineAudioContext(1, 1, RATE);
  const decoded = await decoder.decodeAudioData(await answer.arrayBuffer());
  const width = RATE / PEAKS;
  const channels = [];
  for (let channel = 0; channel < decoded.numberOfChannels; channel += 1) {
    const samples = decoded.getChannelData(channel);
    const peaks = new Float32Array(Math.ceil(samples.length / width));
    for (let place = 0; place < peaks.length; place += 1) {
      let [least, most] = [0, 0];
      const end = Math.min(samples.length, (place + 1) * width);
      for (let sample = place * width; sample < end; sample += 1) {
        if (samples[sample] > most) most = samples[sample];
        if (samples[sample] < least) least = samples[sample];
      }
      peaks[place] = most > -least ? most : least;
    }
    channels.push(peaks);
  }
  return { channels, seconds: decoded.duration };
}

export class Wave {
  constructor(moment, player) {
    this.moment = moment;
    this.player = player;
    this.place = document.getElementById("wave");
    this.note = document.getElementById("audio-note");
  }

  async load() {
    if (this.player.seconds > LONGEST) {
      this.note.textContent = "too long for a waveform; it plays all the same";
      return;
    }
    this.note.textContent = "drawing the waveform …";
    try {
      const { channels, seconds } = await peaksOf(this.player.audio.src);
      this.#draw(channels.slice(0, 2), seconds);
      this.note.textContent = channels.length > 1 ? "stereo: user above, agent below" : "";
    } catch {
      this.note.textContent = "the waveform cannot be drawn";
    }
  }

  #draw(peaks, seconds) {
    this.seconds = seconds;
    const host = document.createElement("div");
    const height = HEIGHT / peaks.length;
    this.surfer = WaveSurfer.create({
      container: host,
      media: this.player.audio,
      peaks,
      duration: seconds,
      height,
      interact: false,
      fillParent: false,
      hideScrollbar: true,
      autoScroll: false,
      autoCenter: false,
      cursorWidth: 0,
      normalize: true,
      barWidth: 2,
      barGap: 1,
      ...this.#colours(peaks.length),
    });
    this.#adoptStyle(host.firstElementChild.shadowRoot);
    this.place.replaceChildren(host);
    this.surfer.on("ready", () => this.#follow());
    this.moment.on("view", () => this.#follow());
    for (const [target, change] of [
      [document, "theme"],
      [matchMedia("(prefers-color-scheme: dark)"), "change"],
    ]) {
      target.addEventListener(change, () => this.surfer.setOptions(this.#colours(peaks.length)));
    }
    new ResizeObserver(() => this.#follow()).observe(this.place.parentElement);
  }

  // The page forbids styles in elements; a sheet made by a script of its own is none.
  #adoptStyle(shadow) {
    const style = shadow.querySelector("style");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style.textContent);
    shadow.adoptedStyleSheets = [sheet];
    style.remove();
  }

  #colours(channels) {
    const [user, agent] = [colour("user-fill"), colour("agent-fill")];
    const channel = (fill) => ({ waveColor: fill, progressColor: fill, height: HEIGHT / channels });
    if (channels === 1) return channel(colour("edge"));
    return { splitChannels: [channel(user), channel(agent)] };
  }

  /** Stand where the axis says, as far as the audio reaches into view. */
  #follow() {
    const { from, to } = this.moment.view;
    const width = this.place.parentElement.clientWidth;
    if (!this.surfer?.getDecodedData() || !width) return;
    const scale = width / (to - from);
    const left = Math.max(0, (this.player.begins - from) * scale);
    const right = Math.min(width, (this.player.begins + this.seconds - from) * scale);
    this.place.hidden = right <= left;
    if (right <= left) return;
    this.place.style.left = `${left}px`;
    this.place.style.width = `${right - left}px`;
    if (scale !== this.scale || right - left !== this.shown) {
      [this.scale, this.shown] = [scale, right - left];
      this.surfer.zoom(scale);
    }
    this.surfer.setScroll(Math.max(0, (from - this.player.begins) * scale));
  }
}
