// The lanes of the timeline: where each stands, what is drawn on it, and what is under a pointer.
import { colour } from "./dom.js";

export const RULER = 22;
const WAVE = 60;
const GAP = 4;

const LANES = [
  { name: "user", title: "User", height: 16 },
  { name: "agent", title: "Agent", height: 16 },
  { name: "tools", title: "Tools", height: 16 },
  { name: "interruptions", title: "Cut short", height: 14 },
  { name: "errors", title: "Errors", height: 14 },
  { name: "handoffs", title: "Handoffs", height: 14 },
  { name: "recording", title: "Recording", height: 14 },
];
const ALWAYS = new Set(["user", "agent"]);

const FILLS = {
  user: "user-fill",
  message: "user-fill",
  speaking: "agent-fill",
  thinking: "agent-thinking",
  initializing: "line",
  ok: "tool-fill",
  running: "tool-fill",
  failed: "bad-fill",
  interrupted: "warn-fill",
  false: "edge",
  recoverable: "warn-fill",
  fatal: "bad-fill",
  handoff: "handoff-fill",
};

/** The lanes that have anything on them, from top to bottom, below the ruler and the waveform. */
export function arrange(lanes, withAudio) {
  const shown = LANES.filter(({ name }) => ALWAYS.has(name) || lanes[name]?.length);
  let top = RULER + (withAudio ? WAVE + GAP : 0);
  const placed = shown.map((lane) => {
    const at = top;
    top += lane.height + GAP;
    return { ...lane, top: at };
  });
  return { lanes: placed, height: top + 2, wave: withAudio ? { top: RULER, height: WAVE } : null };
}

export function palette() {
  const names = new Set([...Object.values(FILLS), "line", "ink", "ink-soft", "on-tool", "on-bad"]);
  return Object.fromEntries([...names].map((name) => [name, colour(name)]));
}

/** Draw marks with `x(microseconds)` to pixels. */
export function draw(context, { arranged, marks, x, width, colours, chosen, now }) {
  for (const lane of arranged.lanes) {
    context.fillStyle = colours.line;
    context.globalAlpha = 0.5;
    context.fillRect(0, lane.top + lane.height / 2 - 0.5, width, 1);
    context.globalAlpha = 1;
    for (const mark of marks[lane.name] ?? []) {
      drawMark(context, lane, mark, extent(mark, x, now), colours, chosen === mark.position);
    }
  }
}

function extent(mark, x, now) {
  const left = x(mark.start);
  return { left, right: Math.max(left, x(mark.end ?? now)), moment: mark.end === mark.start };
}

function drawMark(context, lane, mark, { left, right, moment }, colours, chosen) {
  const fill = lane.name === "user" ? "user-fill" : (FILLS[mark.kind] ?? "edge");
  context.fillStyle = colours[fill];
  context.beginPath();
  if (moment && mark.count === 1) {
    const middle = lane.top + lane.height / 2;
    const size = lane.height / 2 - 1;
    context.moveTo(left, middle - size);
    context.lineTo(left + size, middle);
    context.lineTo(left, middle + size);
    context.lineTo(left - size, middle);
    context.closePath();
  } else {
    context.roundRect(left, lane.top, Math.max(2, right - left), lane.height, 3);
  }
  context.globalAlpha = mark.count > 1 ? 0.65 : 1; // many of them, and the time between
  context.fill();
  context.globalAlpha = 1;
  if (chosen) {
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.stroke();
  }
  if (right - left > 44 && mark.count === 1 && mark.label && lane.name === "tools") {
    const ink = colours[mark.kind === "failed" ? "on-bad" : "on-tool"];
    write(context, mark.label, left + 5, lane.top, right - left - 8, lane.height, ink);
  }
}

function write(context, label, left, top, width, height, fill) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = fill;
  context.fillText(label, left, top + height / 2 + 0.5);
  context.restore();
}

/** The mark under a point, or the one next to it. */
export function markAt(arranged, marks, x, now, left, top) {
  const lane = arranged.lanes.find((each) => top >= each.top - 2 && top <= each.top + each.height + 2);
  if (lane === undefined) return null;
  let best = null;
  let nearest = 7;
  for (const mark of marks[lane.name] ?? []) {
    const { left: from, right: to } = extent(mark, x, now);
    const away = left < from ? from - left : Math.max(0, left - to);
    if (away < nearest) [best, nearest] = [{ ...mark, lane }, away];
  }
  return best;
}

/** Times for the ruler, in seconds, far enough apart to be read. */
export function ticks(from, to, width) {
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  const wanted = ((to - from) * 84) / Math.max(1, width);
  const step = steps.find((each) => each >= wanted) ?? 86400;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return { step, found };
}
