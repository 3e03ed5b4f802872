// A session that runs: the server says that there is more, and the page asks for what it shows.

/** Call `grown` whenever the session has more events, until it is closed. */
export function live(moment, grown) {
  if (moment.state !== "live") return;
  const source = new EventSource(`${moment.api}/live`);
  source.addEventListener("session", (event) => {
    const { state } = JSON.parse(event.data);
    moment.state = state;
    if (state !== "live") source.close();
    grown();
  });
}
