// The plates of one fixture as they are now, every two seconds.

const PERIOD_MS = 2000;
const place = document.getElementById("device");

function put(cell, text) {
  if (cell && cell.textContent !== text) cell.textContent = text;
}

function showPlate(link, now) {
  put(link.querySelector(".sign"), now.sign);
  put(link.querySelector(".load"), now.load);
  const looks = `plate ${now.looks}`;
  if (link.className !== looks) link.className = looks;
  if (link.getAttribute("aria-label") !== now.spoken) link.setAttribute("aria-label", now.spoken);
  link.title = now.state;
}

function show(now) {
  for (const cell of place.querySelectorAll("[data-cell]")) {
    put(cell, now[cell.dataset.cell]);
    if (cell.dataset.cell === "state") cell.className = `badge ${now.looks}`;
  }
  for (const cell of place.querySelectorAll("[data-fact]")) put(cell, now.facts[cell.dataset.fact] ?? "–");
  for (const link of document.querySelectorAll("a[data-plate]")) {
    if (link.dataset.plate in now.plates) showPlate(link, now.plates[link.dataset.plate]);
  }
  if (!now.chosen) return;
  for (const cell of document.querySelectorAll("[data-plate-cell]")) {
    put(cell, now.chosen[cell.dataset.plateCell]);
    if (cell.dataset.plateCell === "state") cell.className = `badge ${now.chosen.looks}`;
  }
}

async function look() {
  try {
    const plate = place.dataset.plate ? `&plate=${encodeURIComponent(place.dataset.plate)}` : "";
    const response = document.hidden
      ? null
      : await fetch(place.dataset.now + plate, { headers: { Accept: "application/json" } });
    if (response && response.ok) show(await response.json());
  } catch {
    // The server is away for a moment; the next look may find it again.
  }
  setTimeout(look, PERIOD_MS);
}
if (place.dataset.now) setTimeout(look, PERIOD_MS);
