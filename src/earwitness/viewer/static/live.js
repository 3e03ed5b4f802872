// A session that runs: the server says that there is more, and the page asks for what it shows.
import { news } from "./news.js";

/** Call `grown` whenever the session has more events, until it is closed; never twice at once. */
export function live(moment, grown) {
  if (moment.state !== "live") return;
  let [busy, more] = [false, false];

  async function go() {
    more = true;
    if (busy) return;
    busy = true;
    while (more) {
      more = false;
      const begun = performance.now();
      await grown().catch(() => {}); // it is tried again with the next news
      // A long session takes its time to read: half of the time is for others.
      const rest = Math.max(150, performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
    busy = false;
  }

  const end = news(`${moment.api}/live`, "session", (event) => {
    const { state } = JSON.parse(event.data);
    if (state !== "live") end();
    go();
  });
}
