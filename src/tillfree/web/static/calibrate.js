// The level of the plate that is calibrated, twice a second.

const PERIOD_MS = 500;
const place = document.getElementById("level");

function show(now) {
  for (const cell of place.querySelectorAll("[data-level]")) {
    const text = now[cell.dataset.level];
    if (cell.textContent !== text) cell.textContent = text;
    if (cell.dataset.level === "words") cell.classList.toggle("yes", now.calm);
  }
}

async function look() {
  try {
    const response = document.hidden ? null : await fetch(place.dataset.now, { headers: { Accept: "application/json" } });
    if (response && response.ok) show(await response.json());
  } catch {
    // The network of a phone comes and goes.
  }
  setTimeout(look, PERIOD_MS);
}
if (place) look();
