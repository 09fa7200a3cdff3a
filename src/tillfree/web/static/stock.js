// Counts on the stock page as they change: every two seconds, and only what changed is touched.

const PERIOD_MS = 2000;
const table = document.getElementById("facings");
const address = table ? table.dataset.now : "/stock/now";
const rows = new Map([...document.querySelectorAll("#facings tr[data-key]")].map((row) => [row.dataset.key, row]));

function put(cell, text, tells = false) {
  if (!cell || cell.textContent.trim() === text) return;
  cell.textContent = text;
  if (!tells) return;
  cell.classList.add("changed");
  setTimeout(() => cell.classList.remove("changed"), 1500);
}

function showRow(row, now) {
  for (const cell of row.querySelectorAll("[data-cell]")) {
    const name = cell.dataset.cell;
    put(cell, now[name], name === "count");
    if (name === "state") cell.className = `badge ${now.looks}`;
  }
}

function showTiles(tiles) {
  for (const [name, value] of Object.entries(tiles)) {
    const cell = document.getElementById(`tile-${name}`);
    if (!cell) continue;
    const text = value.toLocaleString(document.documentElement.lang);
    if (cell.firstChild.textContent !== text) cell.firstChild.textContent = text;
    if (name === "counted") continue;
    cell.closest(".tile").className = `tile ${value ? (name === "out" ? "bad" : "warn") : ""}`;
  }
}

async function showAlerts(mark) {
  const old = document.getElementById("alerts");
  // Nothing is taken away under a keyboard's focus, or while somebody reads what was acknowledged.
  if (old.dataset.mark === mark || old.contains(document.activeElement) || old.querySelector("details[open]")) return;
  const response = await fetch(old.dataset.address);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("alerts");
  if (fresh) old.replaceWith(document.adoptNode(fresh));
}

async function look() {
  if (document.hidden) return;
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const now = await response.json();
  showTiles(now.tiles);
  for (const [key, cells] of Object.entries(now.rows)) {
    const row = rows.get(key);
    if (row) showRow(row, cells);
  }
  await showAlerts(now.alerts);
}

async function again() {
  try {
    await look();
  } catch {
    // The server is away for a moment; what is shown stays, and the next look may find it again.
  }
  setTimeout(again, PERIOD_MS);
}
setTimeout(again, PERIOD_MS);
