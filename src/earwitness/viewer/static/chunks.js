// A long list of which only what is near the reader's eyes is there.
//
// Its rows stand in chunks. A chunk far away is an empty box as high as it was, or as it is likely
// to be; the browser keeps the reader's place while boxes fill and change their height.
import { element } from "./dom.js";

const SIZE = 50;

export class Chunks {
  /**
   * @param scroller the element that scrolls
   * @param holder the element that holds the chunks, if it is another
   * @param load gives the rows from an index on: (from, count) => rows, or a promise of them
   * @param render makes the element of a row: (row, index) => element
   * @param estimate how high a row is likely to be, in pixels
   */
  constructor(scroller, { load, render, estimate = 44, holder = scroller }) {
    this.scroller = scroller;
    this.holder = holder;
    this.load = load;
    this.render = render;
    this.estimate = estimate;
    this.total = 0;
    this.chunks = [];
    this.seen = new IntersectionObserver((entries) => this.#see(entries), {
      root: scroller,
      rootMargin: "800px 0px",
    });
  }

  /** The list has so many rows now; those that were there are what they were. */
  grow(total) {
    const before = this.total;
    this.total = total;
    while (this.chunks.length * SIZE < total) {
      const box = element("div", { class: "chunk" });
      const chunk = { box, index: this.chunks.length, rows: null, filled: 0, near: false };
      box.chunk = chunk;
      this.chunks.push(chunk);
      this.#hold(chunk);
      this.holder.append(box);
      this.seen.observe(box);
    }
    const last = this.chunks[Math.floor(before / SIZE)];
    // What is told last may have happened a little before what was told until then.
    const first = this.chunks[Math.floor(Math.max(0, before - 5) / SIZE)];
    if (before && total > before) for (const chunk of new Set([first, last])) this.#again(chunk);
  }

  /** The element of a row, brought in if it is not there. */
  async row(index) {
    const chunk = this.chunks[Math.floor(index / SIZE)];
    if (chunk === undefined) return null;
    chunk.near = true;
    await this.#fill(chunk);
    return chunk.box.children[index % SIZE] ?? null;
  }

  /** Bring a row before the reader; the page itself stays where it is. */
  async bring(index, place = "center") {
    const row = await this.row(index);
    if (row === null) return null;
    const { scroller } = this;
    const top = row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    const past = top + row.offsetHeight - scroller.clientHeight;
    if (place === "center") scroller.scrollTop += (top + past) / 2;
    else if (top < 0) scroller.scrollTop += top;
    else if (past > 0) scroller.scrollTop += past;
    return row;
  }

  /** Rows that are there, with their indices. */
  *present() {
    for (const chunk of this.chunks) {
      if (chunk.rows === null) continue;
      for (const [place, row] of chunk.rows.entries()) {
        yield { row, index: chunk.index * SIZE + place, element: chunk.box.children[place] };
      }
    }
  }

  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      target.chunk.near = isIntersecting;
      if (isIntersecting) this.#fill(target.chunk);
      else this.#empty(target.chunk);
    }
  }

  #expected(chunk) {
    return Math.min(SIZE, this.total - chunk.index * SIZE);
  }

  #hold(chunk) {
    chunk.box.style.height = `${chunk.height ?? this.#expected(chunk) * this.estimate}px`;
  }

  async #fill(chunk) {
    if (chunk.filled === this.#expected(chunk) && chunk.rows !== null) return;
    chunk.filling ??= this.#read(chunk).finally(() => (chunk.filling = null));
    await chunk.filling;
  }

  async #read(chunk) {
    const from = chunk.index * SIZE;
    const wanted = this.#expected(chunk);
    const rows = await this.load(from, wanted);
    if (!chunk.near && chunk.rows === null) return;
    const same = (row, place) => JSON.stringify(chunk.rows?.[place]) === JSON.stringify(row);
    const made = rows.map((row, place) =>
      same(row, place) ? chunk.box.children[place] : this.render(row, from + place),
    );
    chunk.box.style.height = "";
    chunk.box.replaceChildren(...made);
    chunk.rows = rows;
    chunk.filled = rows.length;
    this.onfill?.();
  }

  #again(chunk) {
    if (chunk === undefined) return;
    if (chunk.rows === null) this.#hold(chunk);
    else this.#read(chunk);
  }

  #empty(chunk) {
    if (chunk.rows === null || chunk.box.contains(document.activeElement)) return;
    chunk.height = chunk.box.offsetHeight;
    this.#hold(chunk);
    chunk.box.replaceChildren();
    chunk.rows = null;
    chunk.filled = 0;
  }
}
