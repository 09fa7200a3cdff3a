// The first page: draws the floor as it is told, ten times a second, and lists carts and events.
import { fill, send, texts } from "./words.js";

const words = texts();
const plan = texts("plan");
const canvas = document.getElementById("floor");
const pen = canvas.getContext("2d");
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const STEP_MS = 100;
const EVENTS_KEPT = 80;
const PAPER_MS = 2200;

/** For measuring: how many frames came and were drawn, and how old each was when it was on the screen. */
const stats = { frames: 0, drawn: 0, ages_ms: [], draw_ms: [] };
globalThis.tillfreeLive = stats;

let before = null; // the frame that is left, and that which is walked to
let now = null;
let arrived = 0;
let papers = []; // receipts that drop at the exit
const places = new Map(); // where each visit was seen last
let broken = new Map(); // fixtures whose scales do not work, as the store says, with its word for it
let unplugged = new Set(); // fixtures whose scales somebody has unplugged here
let chosen = { visit: "", fixture: "" };

// ---- the floor --------------------------------------------------------------------------------------------------

const [x0, y0, x1, y1] = plan.bounds;
let scale = 1;
let base = null; // everything that stands still, drawn once
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["floor", "fixture", "edge", "ink", "soft", "brand", "brand-soft", "shopper", "hand", "sim", "card", "warn", "good", "bad", "bad-soft", "focus", "brand-ink"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
}

let [left_px, top_px] = [0, 0]; // where the plan begins on the canvas
const px = (x) => left_px + (x - x0) * scale;
const py = (y) => top_px + (y1 - y) * scale;

function resize() {
  const ratio = window.devicePixelRatio || 1;
  const wide = canvas.clientWidth || 300;
  // As large as fits on the first screen, with the legend below it.
  const above = canvas.getBoundingClientRect().top + window.scrollY;
  const most = Math.max(320, window.innerHeight - above - 110);
  const high = Math.min((wide * (y1 - y0)) / (x1 - x0), most);
  canvas.style.height = `${high}px`;
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(high * ratio);
  scale = Math.min(canvas.width / (x1 - x0), canvas.height / (y1 - y0));
  left_px = (canvas.width - (x1 - x0) * scale) / 2;
  top_px = (canvas.height - (y1 - y0) * scale) / 2;
  readColours();
  drawBase();
  draw(performance.now());
}

function drawBase() {
  base = document.createElement("canvas");
  base.width = canvas.width;
  base.height = canvas.height;
  const ink = base.getContext("2d");
  ink.fillStyle = colours.floor;
  ink.fillRect(0, 0, base.width, base.height);
  for (const zone of plan.zones) {
    if (zone.use === "aisle") continue;
    ink.fillStyle = colours["brand-soft"];
    ink.strokeStyle = zone.use === "exit" ? colours.brand : colours.warn;
    ink.setLineDash([6, 4]);
    const box = [px(zone.x_min), py(zone.y_max), (zone.x_max - zone.x_min) * scale, (zone.y_max - zone.y_min) * scale];
    ink.fillRect(...box);
    ink.strokeRect(...box);
  }
  ink.setLineDash([]);
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  ink.font = `${Math.max(9, 0.22 * scale)}px system-ui, sans-serif`;
  for (const fixture of plan.fixtures) {
    ink.beginPath();
    fixture.corners.forEach(([x, y], k) => (k ? ink.lineTo(px(x), py(y)) : ink.moveTo(px(x), py(y))));
    ink.closePath();
    const wrong = broken.has(fixture.id);
    ink.fillStyle = wrong ? colours["bad-soft"] : colours.fixture;
    ink.fill();
    ink.strokeStyle = wrong ? colours.bad : colours.edge;
    ink.lineWidth = wrong ? 2 : 1;
    ink.stroke();
    const [left, right] = fixture.corners;
    ink.beginPath();
    ink.moveTo(px(left[0]), py(left[1]));
    ink.lineTo(px(right[0]), py(right[1]));
    ink.lineWidth = 3;
    ink.stroke();
    if (wrong) { // crossed out, for whoever does not see red
      ink.lineWidth = 1;
      ink.beginPath();
      for (const [from, to] of [[0, 2], [1, 3]]) {
        ink.moveTo(px(fixture.corners[from][0]), py(fixture.corners[from][1]));
        ink.lineTo(px(fixture.corners[to][0]), py(fixture.corners[to][1]));
      }
      ink.stroke();
    }
    const x = fixture.corners.reduce((sum, corner) => sum + corner[0], 0) / 4;
    const y = fixture.corners.reduce((sum, corner) => sum + corner[1], 0) / 4;
    ink.fillStyle = wrong ? colours.bad : colours.ink;
    ink.fillText(fixture.id, px(x), py(y));
    if (fixture.id === chosen.fixture) {
      ink.beginPath();
      fixture.corners.forEach(([cx, cy], k) => (k ? ink.lineTo(px(cx), py(cy)) : ink.moveTo(px(cx), py(cy))));
      ink.closePath();
      ink.strokeStyle = colours.focus;
      ink.lineWidth = 4;
      ink.stroke();
    }
  }
}

function redraw() {
  drawBase();
  draw(performance.now());
}

function between(from, to, part) {
  return from === null || to === null || from === undefined ? to : from + (to - from) * part;
}

function draw(time) {
  const begin = performance.now();
  pen.drawImage(base, 0, 0);
  if (!now) return;
  const part = still ? 1 : Math.min(1, (time - arrived) / STEP_MS);
  const earlier = new Map((before ? before.p : []).map((person) => [person[0] || `${person[1]}`, person]));
  pen.strokeStyle = colours.sim;
  pen.lineWidth = 2;
  for (const [x, y] of now.g) {
    pen.beginPath();
    pen.arc(px(x / 1000), py(y / 1000), 0.27 * scale, 0, 7);
    pen.stroke();
  }
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const person of now.p) {
    const was = earlier.get(person[0]) || person;
    const [x, y, lx, ly, rx, ry] = [1, 2, 3, 4, 5, 6].map((k) => (person[k] === null ? null : between(was[k], person[k], part) / 1000));
    pen.strokeStyle = pen.fillStyle = colours.hand;
    pen.lineWidth = Math.max(1.5, 0.05 * scale);
    for (const [hx, hy] of [[lx, ly], [rx, ry]]) {
      if (hx === null) continue;
      if (Math.hypot(hx - x, hy - y) > 0.42) { // an arm that reaches out
        pen.beginPath();
        pen.moveTo(px(x), py(y));
        pen.lineTo(px(hx), py(hy));
        pen.stroke();
      }
      pen.beginPath();
      pen.arc(px(hx), py(hy), Math.max(2, 0.075 * scale), 0, 7);
      pen.fill();
    }
    if (person[0] && person[0] === chosen.visit) {
      pen.strokeStyle = colours.focus;
      pen.lineWidth = Math.max(3, 0.07 * scale);
      pen.beginPath();
      pen.arc(px(x), py(y), 0.36 * scale, 0, 7);
      pen.stroke();
    }
    pen.fillStyle = colours.shopper;
    pen.beginPath();
    pen.arc(px(x), py(y), Math.max(4, 0.2 * scale), 0, 7);
    pen.fill();
    pen.fillStyle = colours["brand-ink"];
    pen.font = `700 ${Math.max(9, 0.23 * scale)}px system-ui, sans-serif`;
    pen.fillText(String(person[7]), px(x), py(y));
    if (person[0]) {
      places.set(person[0], [x, y]);
      pen.fillStyle = colours.ink;
      pen.font = `${Math.max(9, 0.17 * scale)}px system-ui, sans-serif`;
      pen.fillText(person[0].slice(0, 4), px(x), py(y) + Math.max(12, 0.36 * scale));
    }
  }
  drawPapers(time);
  stats.drawn += 1;
  stats.draw_ms.push(performance.now() - begin);
  if (stats.draw_ms.length > 600) stats.draw_ms.shift();
}

/** Receipts drop where their shopper was seen last. */
function drawPapers(time) {
  papers = papers.filter((paper) => time - paper.since < PAPER_MS);
  for (const paper of papers) {
    const part = still ? 0.5 : (time - paper.since) / PAPER_MS;
    const fall = Math.min(1, part * 3);
    const [x, y] = [px(paper.x), py(paper.y) - (1 - fall) * scale * 0.9];
    pen.globalAlpha = part < 0.75 ? 1 : (1 - part) * 4;
    pen.font = `700 ${Math.max(11, 0.26 * scale)}px system-ui, sans-serif`;
    const wide = pen.measureText(paper.text).width + 0.3 * scale;
    const high = 0.5 * scale;
    const left = Math.min(Math.max(0, x - wide / 2), canvas.width - wide);
    const top = Math.min(Math.max(0, y - high), canvas.height - high);
    pen.fillStyle = colours.card;
    pen.fillRect(left, top, wide, high);
    pen.strokeStyle = paper.sure ? colours.good : colours.warn;
    pen.lineWidth = 2;
    pen.strokeRect(left, top, wide, high);
    pen.fillStyle = paper.sure ? colours.good : colours.warn;
    pen.fillText(paper.text, left + wide / 2, top + high / 2);
    pen.globalAlpha = 1;
  }
}

// Between two frames people are walked on, as long as this machine draws easily; if not, each frame is drawn once.
let turn = 0;
function animate(time) {
  turn += 1;
  const cost = stats.draw_ms.slice(-20).reduce((sum, ms) => sum + ms, 0) / Math.max(1, Math.min(20, stats.draw_ms.length));
  const every = cost > 4 ? 6 : cost > 1.5 ? 3 : 2;
  const fresh = now && !now.drawn;
  if (fresh || (!still && turn % every === 0 && now && time - arrived < STEP_MS * 1.5) || papers.length) {
    draw(time);
    if (fresh) {
      now.drawn = true;
      stats.ages_ms.push(performance.timeOrigin + performance.now() - now.a);
      if (stats.ages_ms.length > 2000) stats.ages_ms.shift();
    }
  }
  requestAnimationFrame(animate);
}

// ---- words ------------------------------------------------------------------------------------------------------

const byId = (id) => document.getElementById(id);

function put(id, text) {
  const element = byId(id);
  if (element && element.textContent !== text) element.textContent = text;
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function onFrame(frame) {
  before = now;
  now = frame;
  arrived = performance.now();
  stats.frames += 1;
  put("n-people", String(frame.n));
  if (frame.s === "ended" || frame.s === "failed") for (const form of document.querySelectorAll(".pace form")) form.hidden = true;
  put("state", frame.l >= 1 ? fill(words.lag, { seconds: frame.l }) : words[frame.s] || frame.s);
  byId("state").className = `badge ${frame.s === "failed" ? "bad" : frame.l >= 1 || frame.s === "paused" ? "warn" : frame.s === "ended" ? "" : "good"}`;
}

function onFeed(message) {
  const list = byId("events");
  for (const entry of message.entries) {
    const item = make("li", entry.looks);
    const closed = entry.kind === "receipt" || entry.kind === "review";
    const visit = closed && entry.visit && list.dataset.visits ? list.dataset.visits + encodeURIComponent(entry.visit) : "";
    const to = visit || (entry.trip && list.dataset.trips ? list.dataset.trips + encodeURIComponent(entry.trip) : "");
    const text = make(to ? "a" : "span", "", entry.text);
    if (to) text.href = to;
    item.append(make("time", "", entry.at), text);
    list.prepend(item);
    if (closed && places.has(entry.visit)) {
      const [x, y] = places.get(entry.visit);
      papers.push({ x, y, since: performance.now(), sure: entry.kind === "receipt", text: entry.kind === "receipt" ? entry.total : words.review });
      places.delete(entry.visit);
    }
  }
  while (list.children.length > EVENTS_KEPT) list.lastChild.remove();
}

function onSummary(summary) {
  put("clock", summary.clock);
  put("n-items", String(summary.carts.reduce((sum, cart) => sum + cart.lines.reduce((all, line) => all + line[1], 0), 0)));
  put("n-sensors", fill(words.sensors, { good: summary.devices.all - summary.devices.bad.length, all: summary.devices.all }));
  looks("n-sensors", summary.devices.bad.length ? "bad" : "good");
  looks("n-alerts", summary.alerts ? "warn" : "");
  looks("n-reviews", summary.reviews ? "warn" : "");
  put("n-alerts", String(summary.alerts));
  put("n-reviews", String(summary.reviews));
  const silent = summary.devices.bad.filter((one) => one.device.startsWith("scales/"));
  const wrong = new Map(silent.map((one) => [one.device.slice("scales/".length), one.detail]));
  if ([...wrong].join() !== [...broken].join()) {
    broken = wrong;
    redraw();
  }
  const others = summary.devices.bad.map((one) => `${one.name}: ${one.detail}`).slice(0, 3).join("; ");
  canvas.setAttribute("aria-label", [fill(words.floor, { count: now ? now.n : 0 }), others].filter(Boolean).join(". "));
  showCarts(summary.carts);
  if (summary.score && globalThis.tillfreeScore) globalThis.tillfreeScore(summary.score, words);
}

function looks(id, kind) {
  const tile = byId(id).closest(".tile");
  for (const name of ["good", "warn", "bad"]) tile.classList.toggle(name, name === kind);
}

/** Carts stay in their place while they change, so that focus and reading are not lost. */
const shownCarts = new Map();
function showCarts(carts) {
  const list = byId("carts");
  const here = new Set(carts.map((cart) => cart.visit));
  for (const [visit, shown] of shownCarts) {
    if (here.has(visit)) continue;
    if (shown.element.contains(document.activeElement)) list.focus();
    shown.element.remove();
    shownCarts.delete(visit);
  }
  list.querySelector(":scope > p")?.remove();
  for (const cart of carts) {
    const told = JSON.stringify(cart);
    const shown = shownCarts.get(cart.visit);
    if (shown && shown.told === told) continue;
    const element = cartOf(cart);
    const focused = shown && shown.element.contains(document.activeElement);
    if (shown) shown.element.replaceWith(element);
    else list.append(element);
    shownCarts.set(cart.visit, { told, element });
    if (focused) element.querySelector("button").focus();
  }
  if (!carts.length) list.append(make("p", "soft", words.nobody));
  if (chosen.visit && !here.has(chosen.visit)) choose({ visit: "" });
}

function cartOf(cart) {
  const element = make("article", `cart${cart.visit === chosen.visit ? " chosen-cart" : ""}`);
  element.dataset.visit = cart.visit;
  const header = make("header");
  const name = make("button", "code", cart.visit);
  name.type = "button";
  name.title = words.find;
  name.setAttribute("aria-pressed", String(cart.visit === chosen.visit));
  name.addEventListener("click", () => choose({ visit: chosen.visit === cart.visit ? "" : cart.visit }));
  header.append(name, make("small", "", fill(words.since, { clock: cart.since })));
  if (cart.party) header.append(make("span", "badge", words.party));
  header.append(make("span", "sum", cart.total));
  const lines = make("ul");
  for (const [name, quantity, sure] of cart.lines) {
    const line = make("li", sure < 0.95 ? "unsure" : "");
    line.append(make("span", "", `${quantity} × ${name}`), make("span", "", sure >= 0.9995 ? "> 99.9 %" : `${(Math.floor(sure * 1000) / 10).toFixed(1)} %`));
    lines.append(line);
  }
  if (!cart.lines.length) lines.append(make("li", "soft", words.empty));
  element.append(header, lines);
  return element;
}

// ---- what was clicked ------------------------------------------------------------------------------------------

function choose({ visit = chosen.visit, fixture = chosen.fixture }) {
  chosen = { visit, fixture };
  for (const [code, { element }] of shownCarts) {
    element.classList.toggle("chosen-cart", code === visit);
    element.querySelector("button").setAttribute("aria-pressed", String(code === visit));
  }
  const box = byId("chosen");
  box.hidden = !fixture;
  if (fixture) {
    put("chosen-name", fill(words.fixture, { fixture }));
    for (const link of box.querySelectorAll("[data-to]")) link.href = link.dataset.to + encodeURIComponent(fixture);
    showPlug();
  }
  redraw();
}

function showPlug() {
  const button = byId("chosen-break");
  if (!button) return;
  button.hidden = !(chosen.fixture in plan.scales);
  const out = unplugged.has(chosen.fixture);
  button.textContent = out ? button.dataset.go : button.dataset.stop;
  button.className = out ? "" : "danger";
}

async function plug() {
  const { fixture } = chosen;
  const out = unplugged.has(fixture);
  try {
    const { breakables } = await send(out ? "/demo/mend" : "/demo/break", { id: plan.scales[fixture] });
    onBreakables(breakables);
    put("chosen-name", `${fill(words.fixture, { fixture })}: ${out ? words.plugged : words.unplugged}`);
  } catch (error) {
    put("chosen-name", `${words.failed_click} ${error.message}`);
  }
}

function onBreakables(breakables) {
  unplugged = new Set(breakables.filter((one) => one.kind === "scales" && one.broken).map((one) => one.fixture));
  showPlug();
}

function inside([x, y], corners) {
  let within = false;
  corners.forEach(([ax, ay], k) => {
    const [bx, by] = corners[(k + 1) % corners.length];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) within = !within;
  });
  return within;
}

function under(event) {
  const ratio = canvas.width / (canvas.clientWidth || 1);
  const [x, y] = [(event.offsetX * ratio - left_px) / scale + x0, y1 - (event.offsetY * ratio - top_px) / scale];
  const away = (person) => Math.hypot(person[1] / 1000 - x, person[2] / 1000 - y);
  const person = (now ? now.p : []).filter((one) => one[0]).sort((one, other) => away(one) - away(other))[0];
  if (person && away(person) < Math.max(0.4, (12 * ratio) / scale)) return { visit: person[0] };
  return { fixture: plan.fixtures.find((one) => inside([x, y], one.corners))?.id || "" };
}

canvas.addEventListener("click", (event) => {
  const { visit, fixture } = under(event);
  if (visit === undefined) {
    choose({ fixture, visit: fixture ? chosen.visit : "" });
    return;
  }
  choose({ visit });
  const list = byId("carts");
  const cart = shownCarts.get(visit)?.element;
  if (cart) list.scrollTop += cart.getBoundingClientRect().top - list.getBoundingClientRect().top;
});
canvas.addEventListener("pointermove", (event) => {
  const { visit, fixture } = under(event);
  canvas.style.cursor = visit || fixture ? "pointer" : "";
});
byId("chosen-close").addEventListener("click", () => choose({ fixture: "" }));
byId("chosen-break")?.addEventListener("click", plug);
document.addEventListener("tillfree:breakables", (event) => onBreakables(event.detail));

// ---- the connection ---------------------------------------------------------------------------------------------

const handlers = { frame: onFrame, feed: onFeed, summary: onSummary };
let wait = 500;

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/stream`);
  socket.onmessage = (event) => {
    wait = 500;
    const message = JSON.parse(event.data);
    handlers[message.k](message);
  };
  socket.onopen = () => byId("events").replaceChildren();
  socket.onclose = (event) => {
    if (event.code === 4401) location.assign("/sign-in");
    put("state", words.lost);
    byId("state").className = "badge bad";
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 10000);
  };
}

new ResizeObserver(resize).observe(canvas.parentElement);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", resize);
resize();
requestAnimationFrame(animate);
connect();
