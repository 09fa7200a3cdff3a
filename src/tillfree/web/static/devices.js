// The list of devices as they are now, every two seconds.

const PERIOD_MS = 2000;
const LOOKS = { ok: "good", degraded: "warn", silent: "bad", unheard: "" };
const place = document.getElementById("devices");
const rows = new Map([...place.querySelectorAll("tr[data-device]")].map((row) => [row.dataset.device, row]));
let known = null;

function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

function show(now) {
  for (const [state, looks] of Object.entries(LOOKS)) {
    const cell = document.getElementById(`tile-${state}`);
    put(cell, now.tiles[state].toLocaleString(document.documentElement.lang));
    cell.closest(".tile").className = `tile ${now.tiles[state] ? looks : ""}`;
  }
  for (const [device, cells] of Object.entries(now.rows)) {
    const row = rows.get(device);
    if (!row) continue;
    for (const cell of row.querySelectorAll("[data-cell]")) {
      put(cell, cells[cell.dataset.cell]);
      if (cell.dataset.cell === "state") cell.className = `badge ${cells.looks}`;
    }
  }
}

async function look() {
  try {
    const response = document.hidden ? null : await fetch(place.dataset.now, { headers: { Accept: "application/json" } });
    if (response && response.ok) {
      const now = await response.json();
      const all = Object.values(now.tiles).reduce((sum, count) => sum + count, 0);
      // A device that was heard for the first time has no row yet.
      if (known !== null && all > known && !place.contains(document.activeElement)) window.location.reload();
      known = all;
      show(now);
    }
  } catch {
    // The server is away for a moment; the next look may find it again.
  }
  setTimeout(look, PERIOD_MS);
}
setTimeout(look, PERIOD_MS);
