// The evidence of one visit through time: a scrubber over floor map, cart, acts, loads of plates, hands and pictures.

import { floorMap } from "./evidence_map.js";
import { plot } from "./evidence_plot.js";

const AXIS_WIDE = 1000;

const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

function element(name, parent, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent.append(made);
  return made;
}

class Timeline {
  constructor(root, data, texts) {
    this.root = root;
    this.data = data;
    this.texts = texts;
    this.plots = [];
    this.chosen = -1;
    this.timer = 0;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.map = floorMap(root, data.route);
    this.buttons = [...root.querySelectorAll("[data-act]")];
    this.listen();
    this.drawAxis();
    this.find("player").hidden = false;
    this.find("key").hidden = !data.route.rows.length;
    const bare = !data.route.rows.length && !data.traces.length && !data.pictures.length;
    this.find("state").textContent = bare ? texts.erased : "";
    this.find("state").hidden = !bare;
    if (this.buttons.length) this.choose(0);
    else this.moveTo(data.duration_s);
  }

  listen() {
    const range = this.find("moment");
    range.max = Math.ceil(this.data.duration_s * 5) / 5;
    range.addEventListener("input", () => {
      this.pause();
      this.moveTo(Number(range.value));
    });
    this.find("play").addEventListener("click", () => (this.timer ? this.pause() : this.play()));
    this.buttons.forEach((button, number) => button.addEventListener("click", () => this.choose(number)));
    const list = this.find("acts");
    list.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const way = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      const next = Math.min(Math.max(this.chosen + way, 0), this.buttons.length - 1);
      this.choose(next);
      this.buttons[next].focus();
    });
  }

  clock(seconds) {
    const whole = Math.floor(this.data.clock_s + Math.max(0, seconds)) % 86400;
    return [whole / 3600, (whole / 60) % 60, whole % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  }

  drawAxis() {
    const axis = this.find("axis");
    const make = (name, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      axis.append(made);
      return made;
    };
    this.axisAt = (seconds) => (AXIS_WIDE * Math.min(Math.max(seconds, 0), this.data.duration_s)) / (this.data.duration_s || 1);
    make("rect", { class: "stay", x: 0, y: 12, width: AXIS_WIDE, height: 12 });
    make("line", { class: "track", x1: 0, x2: AXIS_WIDE, y1: 24, y2: 24 });
    this.marks = this.data.acts.map((act, number) => {
      const at = this.axisAt(act.at_s);
      const mark = make("line", { class: `mark ${act.act.replace(/\W/g, "")}`, x1: at, x2: at, y1: 4, y2: 32 });
      mark.addEventListener("click", () => this.choose(number));
      return mark;
    });
    this.now = make("line", { class: "now", y1: 0, y2: 34 });
  }

  /** Shows everything as it was so many seconds after the entry. */
  moveTo(seconds) {
    const range = this.find("moment");
    if (Number(range.value) !== seconds) range.value = seconds;
    this.at = seconds;
    for (const side of ["x1", "x2"]) this.now.setAttribute(side, this.axisAt(seconds));
    const cart = this.cartAt(seconds);
    const count = cart.reduce((sum, [, quantity]) => sum + quantity, 0);
    this.find("clock").textContent = this.clock(seconds);
    range.setAttribute("aria-valuetext", fill(this.texts.moment, { clock: this.clock(seconds), count }));
    this.showCart(cart);
    this.map.moveTo(seconds);
    for (const one of this.plots) one.moveTo(seconds);
  }

  cartAt(seconds) {
    let cart = [];
    for (const moment of this.data.moments) {
      if (moment.at_s > seconds) break;
      cart = moment.items;
    }
    return cart;
  }

  showCart(cart) {
    const said = JSON.stringify(cart);
    if (said === this.cartSaid) return;
    this.cartSaid = said;
    const list = this.find("cart");
    list.replaceChildren();
    if (!cart.length) element("li", list, this.texts.empty, "soft");
    for (const [name, quantity] of cart) element("li", list, `${quantity} × ${name}`);
  }

  /** Jumps to an act, and shows what it rests on. */
  choose(number) {
    const act = this.data.acts[number];
    if (!act) return;
    this.chosen = number;
    this.buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === number)));
    this.bringIntoList(this.buttons[number]);
    this.marks.forEach((mark, place) => mark.classList.toggle("chosen", place === number));
    this.map.ringAt(act.place);
    this.showDetail(act);
    this.pause();
    this.moveTo(Math.round(Math.min(Math.max(act.at_s, 0), this.data.duration_s) * 5) / 5);
  }

  /** Scrolls the list of acts, never the page. */
  bringIntoList(button) {
    const list = this.find("acts").getBoundingClientRect(), place = button.getBoundingClientRect();
    const above = place.top - list.top, below = place.bottom - list.bottom;
    if (above < 0) this.find("acts").scrollTop += above;
    else if (below > 0) this.find("acts").scrollTop += below;
  }

  showDetail(act) {
    const { texts } = this;
    this.find("detail").hidden = false;
    this.find("detail-title").textContent = `${this.clock(act.at_s)}  ${act.said}`;
    const plots = this.find("plots");
    plots.replaceChildren();
    this.plots = [];
    for (const place of act.traces) this.addPlot(plots, this.weightPlot(act, this.data.traces[place]));
    if (!act.traces.length) element("p", plots, texts.no_trace, "soft");
    if (act.hands) this.addPlot(plots, this.handsPlot(act));
    this.showPictures(act);
    this.showWhy(act);
  }

  addPlot(parent, made) {
    parent.append(made.figure);
    this.plots.push(made);
  }

  weightPlot(act, trace) {
    const { texts } = this;
    const series = trace.plates.map((plate, row) => ({
      label: fill(texts.plate, { number: plate }),
      short: fill(texts.plate, { number: plate }),
      values: trace.grams[row],
      kind: act.plates.includes(plate) ? "strong" : "beside",
    }));
    return plot({
      caption: `${texts.grams}, ${fill(texts.shelf, { fixture: trace.fixture, shelf: trace.shelf })}`,
      series,
      begin: trace.begin_s,
      step: 1 / trace.rate_hz,
      mark: act.at_s,
      change: [trace.from_s, trace.to_s],
      texts,
      digits: 1,
    });
  }

  handsPlot(act) {
    const { texts } = this;
    const { hands } = act;
    return plot({
      caption: texts.hands,
      series: [
        { label: texts.left, short: texts.left, values: hands.left, kind: "strong" },
        { label: texts.right, short: texts.right, values: hands.right, kind: "second" },
      ],
      begin: hands.begin_s,
      step: hands.step_s,
      mark: act.at_s,
      change: null,
      texts,
      digits: 2,
    });
  }

  showPictures(act) {
    const pictures = this.find("pictures");
    pictures.replaceChildren();
    for (const place of act.pictures) {
      const { camera, at_s: at, address } = this.data.pictures[place];
      const figure = element("figure", pictures);
      const image = element("img", figure);
      const said = fill(this.texts.picture, { camera, clock: this.clock(at) });
      image.alt = said;
      image.loading = "lazy";
      image.src = address;
      element("figcaption", figure, said);
    }
  }

  showWhy(act) {
    const { texts } = this;
    const why = this.find("why");
    why.replaceChildren();
    if (act.terms.length) {
      const shown = element("table", why);
      element("caption", shown, texts.why);
      const head = element("tr", element("thead", shown));
      for (const title of [texts.question, texts.log]) element("th", head, title).scope = "col";
      const body = element("tbody", shown);
      for (const term of act.terms) {
        const row = element("tr", body);
        element("th", row, term.question).scope = "row";
        element("td", row, term.value.toFixed(1), "num");
      }
    }
    if (act.others.length) {
      element("h4", why, texts.others);
      const list = element("ul", why, undefined, "plain");
      for (const other of act.others) {
        const line = element("li", list);
        element("span", line, other.chance, "chance");
        element("span", line, other.said);
      }
    }
  }

  play() {
    if (this.at >= this.data.duration_s) this.moveTo(0);
    let before = performance.now();
    const step = (now) => {
      const next = this.at + ((now - before) / 1000) * Number(this.find("pace").value);
      before = now;
      this.moveTo(Math.min(next, this.data.duration_s));
      if (this.at >= this.data.duration_s) this.pause();
      else this.timer = requestAnimationFrame(step);
    };
    this.timer = requestAnimationFrame(step);
    this.find("play").textContent = this.texts.pause;
  }

  pause() {
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    this.find("play").textContent = this.texts.play;
  }
}

async function begin(root) {
  const texts = JSON.parse(document.getElementById("evidence-texts").textContent);
  const answer = await fetch(root.dataset.evidence, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer && answer.ok) new Timeline(root, await answer.json(), texts);
  else root.querySelector("[data-state]").textContent = texts.failed;
}

for (const root of document.querySelectorAll("[data-evidence]")) begin(root);
