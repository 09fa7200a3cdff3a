// Breaks and mends a sensor without leaving the page; without this script the buttons are forms that do the same.

import { fill, send, texts } from "./words.js";

const PERIOD_MS = 5000;
const place = document.getElementById("breaking");
const said = texts("breaking-texts");
const status = document.getElementById("breaking-said");

function show(breakables) {
  const broken = new Map(breakables.map((one) => [one.id, one.broken]));
  const counts = new Map();
  for (const one of breakables) counts.set(one.kind, (counts.get(one.kind) || 0) + (one.broken ? 1 : 0));
  for (const form of place.querySelectorAll("form")) {
    const is = broken.get(form.elements.id.value);
    if (is === undefined) continue;
    const button = form.querySelector("button");
    form.action = is ? "/demo/mend" : "/demo/break";
    button.className = is ? "danger" : "second";
    const words = is ? form.dataset.go : form.dataset.stop;
    if (button.textContent !== words) button.textContent = words;
  }
  for (const badge of place.querySelectorAll("[data-broken-of]")) {
    const count = counts.get(badge.dataset.brokenOf) || 0;
    badge.hidden = count === 0;
    badge.textContent = fill(said.count, { count });
  }
}

async function press(event) {
  const form = event.target;
  event.preventDefault();
  const path = new URL(form.action).pathname;
  try {
    const answer = await send(path, { id: form.elements.id.value });
    show(answer.breakables);
    document.dispatchEvent(new CustomEvent("tillfree:breakables", { detail: answer.breakables }));
    status.textContent = path === "/demo/break" ? said.broken : said.mended;
  } catch (error) {
    status.textContent = `${said.failed} ${error.message}`;
  }
}

async function look() {
  try {
    const response = await fetch("/demo/breakables", { headers: { Accept: "application/json" } });
    if (!document.hidden && response.ok) {
      const { breakables } = await response.json();
      show(breakables);
      document.dispatchEvent(new CustomEvent("tillfree:breakables", { detail: breakables }));
    }
  } catch {
    // The server is away for a moment.
  }
  setTimeout(look, PERIOD_MS);
}

if (place) {
  place.addEventListener("submit", press);
  setTimeout(look, PERIOD_MS);
}
