// Counts of a fixture that rise while goods are put in; a field follows them until somebody types into it.

import { fill, texts } from "./words.js";

const PERIOD_MS = 1000;
const list = document.getElementById("filling");
const said = texts();
const touched = new WeakSet();

function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

function show(line, now) {
  const known = now.count !== null;
  put(line.querySelector('[data-cell="count"]'), known ? String(now.count) : "–");
  put(line.querySelector('[data-cell="par"]'), now.par === null ? "–" : String(now.par));
  const need = !known ? said.unknown : now.missing ? fill(said.more, { count: now.missing }) : said.full;
  put(line.querySelector('[data-cell="need"]'), need);
  line.classList.toggle("full", known && !now.missing);
  const field = line.querySelector('input[type="number"]');
  if (known && !touched.has(field) && document.activeElement !== field) field.value = String(now.count);
}

async function look() {
  if (document.hidden) return;
  const response = await fetch(list.dataset.now, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const now = await response.json();
  if (!now.on) {
    window.location.reload();
    return;
  }
  for (const line of list.querySelectorAll("li[data-key]")) {
    if (line.dataset.key in now.rows) show(line, now.rows[line.dataset.key]);
  }
}

async function again() {
  try {
    await look();
  } catch {
    // The network of a phone comes and goes; the next look may find the server again.
  }
  setTimeout(again, PERIOD_MS);
}

if (list) {
  list.addEventListener("input", (event) => touched.add(event.target));
  again();
}
