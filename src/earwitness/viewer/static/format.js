// Times, durations and what somebody said, as people read them.

// Unicode's characters that act where they are shown instead of showing: they are spelt out.
const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const KEPT = new Set(["\n", "\u200c", "\u200d"]);

export function visible(text) {
  return String(text).replace(ACTING, (char) => {
    if (KEPT.has(char)) return char;
    if (char === "\t") return " ";
    const code = char.codePointAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** How far into a session: 0:04.3, 1:02:05.5. */
export function offset(seconds) {
  const tenths = Math.round(Math.abs(seconds) * 10);
  const minutes = Math.floor(tenths / 600);
  const rest = String(Math.floor((tenths % 600) / 10)).padStart(2, "0");
  const clock =
    minutes < 60
      ? `${minutes}`
      : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  return `${seconds < 0 && tenths ? "-" : ""}${clock}:${rest}.${tenths % 10}`;
}

/** How long something took: 250 ms, 4.3 s, 1m05s, 2h03m. */
export function duration(seconds) {
  if (seconds < 0.9995) {
    const ms = Math.max(0, seconds * 1000);
    return `${ms < 10 && ms > 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  }
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const two = (number) => String(number).padStart(2, "0");
  return minutes < 60
    ? `${minutes}m${two(Math.round(seconds) % 60)}s`
    : `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}

const DAY = { month: "short", day: "numeric" };
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const SHORT = new Intl.DateTimeFormat(undefined, { ...DAY, ...MINUTE });
const LONG = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  ...DAY,
  ...MINUTE,
  second: "2-digit",
});

/** A time since the Unix epoch, in microseconds, on the reader's clock. */
export function localTime(microseconds, { short = false } = {}) {
  const date = new Date(microseconds / 1000);
  if (Number.isNaN(date.getTime())) return "–";
  const recent = Math.abs(Date.now() - date.getTime()) < 300 * 86_400_000;
  return (short && recent ? SHORT : LONG).format(date);
}

/** Rewrite what the server could not know: the reader's clock, and durations in short. */
export function dress(root) {
  for (const time of root.querySelectorAll("time[data-us]")) {
    time.title = time.title || time.textContent;
    const short = time.dataset.short !== undefined;
    time.textContent = localTime(Number(time.dataset.us), { short });
  }
  for (const data of root.querySelectorAll("data.seconds")) {
    data.textContent = duration(Number(data.value));
  }
}
