// A small line plot of what was measured over some seconds, and the same numbers as a table.

const WIDE = 420, HIGH = 190, LEFT = 46, RIGHT = 70, TOP = 14, BOTTOM = 24;
const ROWS_MAX = 60;

function svg(name, attributes, parent, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

function html(name, parent, text) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

/** Round steps for an axis: 1, 2 or 5 times a power of ten, about `wanted` of them. */
function steps(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].find((times) => times * power >= rough) * power;
  const found = [];
  for (let value = Math.ceil(low / size) * size; value <= high + size * 1e-6; value += size) {
    found.push(Number(value.toFixed(6)));
  }
  return found;
}

/**
 * Draws `series` ([{label, values, kind}], sample k at `begin` + k * `step`; null is a gap) as a figure.
 * `mark` is the moment of the act, `change` [from, to] or null, `unit` digits and texts of the table.
 * Gives back {figure, moveTo(seconds)}.
 */
export function plot({ caption, series, begin, step, mark, change, texts, digits }) {
  const figure = document.createElement("figure");
  figure.className = "plot";
  html("figcaption", figure, caption);
  const seen = series.flatMap((one) => one.values).filter((value) => value !== null);
  const count = Math.max(...series.map((one) => one.values.length), 0);
  if (!seen.length || count < 2) {
    html("p", figure, texts.none).className = "soft";
    return { figure, moveTo() {} };
  }
  const end = begin + (count - 1) * step;
  let low = Math.min(...seen, 0), high = Math.max(...seen, 0);
  const room = (high - low) * 0.08 || 1;
  low -= low < 0 ? room : 0;
  high += room;
  const x = (seconds) => LEFT + ((WIDE - LEFT - RIGHT) * (seconds - begin)) / (end - begin);
  const y = (value) => TOP + (HIGH - TOP - BOTTOM) * (1 - (value - low) / (high - low));

  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": caption }, figure);
  if (change) {
    const from = Math.max(begin, change[0]), to = Math.min(end, change[1]);
    svg("rect", { class: "change", x: x(from), width: Math.max(2, x(to) - x(from)), y: TOP, height: HIGH - TOP - BOTTOM }, picture);
  }
  for (const value of steps(low, high, 4)) {
    svg("line", { class: value === 0 ? "grid zero" : "grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) }, picture);
    svg("text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, picture, value.toLocaleString());
  }
  for (const value of steps(begin, end, 5)) {
    svg("text", { x: x(value), y: HIGH - 8, "text-anchor": "middle" }, picture, value.toLocaleString());
  }
  if (mark >= begin && mark <= end) {
    svg("line", { class: "moment", x1: x(mark), x2: x(mark), y1: TOP, y2: HIGH - BOTTOM }, picture);
    svg("text", { x: x(mark) + 3, y: TOP - 3, "text-anchor": "middle", class: "label" }, picture, texts.change);
  }
  const labels = [];
  for (const one of series) {
    let path = "", gap = true, last = null;
    one.values.forEach((value, place) => {
      if (value === null) {
        gap = true;
        return;
      }
      path += `${gap ? "M" : "L"}${x(begin + place * step).toFixed(1)} ${y(value).toFixed(1)}`;
      gap = false;
      last = value;
    });
    svg("path", { class: `line ${one.kind}`, d: path }, picture);
    if (last !== null) labels.push({ text: one.short, at: y(last) });
  }
  labels.sort((one, two) => one.at - two.at);
  labels.forEach((label, place) => {
    // Labels keep their order and never lie on each other.
    if (place) label.at = Math.max(label.at, labels[place - 1].at + 12);
  });
  const over = labels.length ? Math.max(0, labels[labels.length - 1].at - (HIGH - BOTTOM)) : 0;
  for (const label of labels) {
    svg("text", { class: "label", x: WIDE - RIGHT + 5, y: label.at - over + 4 }, picture, label.text);
  }
  const now = svg("line", { class: "now", y1: TOP, y2: HIGH - BOTTOM, visibility: "hidden" }, picture);
  figure.append(table(caption, series, begin, step, count, texts, digits));
  return {
    figure,
    moveTo(seconds) {
      const inside = seconds >= begin && seconds <= end;
      now.setAttribute("visibility", inside ? "visible" : "hidden");
      if (inside) for (const side of ["x1", "x2"]) now.setAttribute(side, x(seconds));
    },
  };
}

function table(caption, series, begin, step, count, texts, digits) {
  const details = document.createElement("details");
  html("summary", details, texts.as_table);
  const region = html("div", details);
  region.className = "scroll";
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", caption);
  const shown = html("table", region);
  html("caption", shown, caption).className = "unseen";
  const head = html("tr", html("thead", shown));
  for (const title of [texts.seconds, ...series.map((one) => one.label)]) {
    const cell = html("th", head, title);
    cell.scope = "col";
    cell.className = "num";
  }
  const body = html("tbody", shown);
  const every = Math.max(1, Math.ceil(count / ROWS_MAX));
  for (let place = 0; place < count; place += every) {
    const row = html("tr", body);
    const at = html("th", row, (begin + place * step).toFixed(1));
    at.scope = "row";
    at.className = "num";
    for (const one of series) {
      const value = one.values[place];
      html("td", row, value === null || value === undefined ? texts.none : value.toFixed(digits)).className = "num";
    }
  }
  return details;
}
