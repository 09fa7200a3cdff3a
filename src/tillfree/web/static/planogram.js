// Dragging products on a planogram. Every drop fills in the same form that can be filled in by hand, and the server has
// the last word; without this script, and with the keyboard, products are chosen and moved by their forms.
import { fill, texts } from "./words.js";

const words = texts();
const drop = document.getElementById("drop");
const START_PX = 6;
const EDGE_PX = 48;
let drag = null;
let justDragged = false;

// ---- the floor plan, and the search ------------------------------------------------------------------------------

const choose = document.getElementById("choose");
const map = document.querySelectorAll("#floor .fixture");
document.querySelector(".choose").classList.add("can-click");
map.forEach((polygon, number) => {
  polygon.addEventListener("click", () => {
    choose.elements.fixture.selectedIndex = number;
    choose.requestSubmit();
  });
});

const find = document.getElementById("find");
let waiting = 0;
let asked = new AbortController();

async function look() {
  asked.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(`/planogram/products?${new URLSearchParams(new FormData(find))}`, { signal: asked.signal });
    if (answer.redirected || !answer.ok) find.submit();
    else document.getElementById("found").innerHTML = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

find?.elements.text.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, 150);
});
find?.addEventListener("submit", (event) => {
  event.preventDefault();
  look();
});

// ---- dragging ----------------------------------------------------------------------------------------------------

function begin(event) {
  const item = event.target.closest(".facing, .item");
  if (!drop || !item || event.button !== 0 || !event.isPrimary) return;
  // A finger that moves over a product scrolls the page, unless it holds the dots.
  if (event.pointerType !== "mouse" && !event.target.closest(".grip")) return;
  const span = Number(item.dataset.span || 1);
  const held = item.dataset.span ? Math.floor(((event.clientX - item.getBoundingClientRect().left) / item.offsetWidth) * span) : 0;
  drag = { item, span, held, x: event.clientX, y: event.clientY, moving: false, goal: null, mark: null };
}

function carry(event) {
  if (!drag) return;
  if (!drag.moving) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < START_PX) return;
    drag.moving = true;
    document.body.classList.add("dragging");
    drag.item.classList.add("carried");
  }
  event.preventDefault();
  scrollAtEdges(event);
  show(goalAt(event.clientX, event.clientY));
}

/** A shelf that is out of sight comes into it while something is held at the edge of the window, or of its shelf. */
function scrollAtEdges(event) {
  if (event.clientY < EDGE_PX) window.scrollBy(0, -16);
  else if (event.clientY > window.innerHeight - EDGE_PX) window.scrollBy(0, 16);
  const frame = document.elementFromPoint(event.clientX, event.clientY)?.closest(".shelf .scroll");
  if (!frame) return;
  const box = frame.getBoundingClientRect();
  if (event.clientX < box.left + EDGE_PX / 2) frame.scrollLeft -= 12;
  else if (event.clientX > box.right - EDGE_PX / 2) frame.scrollLeft += 12;
}

/** Where the dragged thing would come to lie, and what the drop would do. */
function goalAt(x, y) {
  const table = document.elementFromPoint(x, y)?.closest(".shelf")?.querySelector("table");
  if (!table) return null;
  const box = table.tBodies[0].getBoundingClientRect();
  const plates = Number(table.dataset.plates);
  const plate = Math.min(plates, Math.max(1, 1 + Math.floor(((x - box.left) / box.width) * plates)));
  const number = drag.item.dataset.facing;
  const facings = [...table.querySelectorAll(".facing")].map((element) => ({
    element,
    number: element.dataset.facing,
    first: Number(element.dataset.first),
    last: Number(element.dataset.first) + Number(element.dataset.span) - 1,
  }));
  const under = facings.find((facing) => facing.number !== number && facing.first <= plate && plate <= facing.last);
  if (under && number !== undefined) {
    return { table, box, plates, kind: "swap", first: under.first, span: under.last - under.first + 1, other: under.number, name: under.element.dataset.name };
  }
  const first = plate - drag.held;
  const last = first + drag.span - 1;
  const goal = { table, box, plates, first, span: drag.span, kind: number === undefined ? "place" : "move" };
  if (first < 1 || last > plates) return { ...goal, kind: "none", first: Math.max(1, first), span: Math.min(plates, last) - Math.max(1, first) + 1 };
  const taken = facings.some((facing) => facing.number !== number && facing.first <= last && first <= facing.last);
  return taken ? { ...goal, kind: "taken" } : goal;
}

function show(goal) {
  drag.mark?.remove();
  drag.mark = null;
  drag.goal = goal;
  if (!goal) return;
  const frame = goal.table.closest(".scroll");
  const outer = frame.getBoundingClientRect();
  const wide = goal.box.width / goal.plates;
  const mark = document.createElement("div");
  mark.className = goal.kind === "taken" || goal.kind === "none" ? "target bad" : "target";
  mark.textContent = fill(words[goal.kind], { name: goal.name });
  mark.style.left = `${goal.box.left - outer.left + frame.scrollLeft + (goal.first - 1) * wide}px`;
  mark.style.top = `${goal.box.top - outer.top}px`;
  mark.style.width = `${goal.span * wide}px`;
  mark.style.height = `${goal.box.height}px`;
  frame.append(mark);
  drag.mark = mark;
}

function finish() {
  if (!drag) return;
  const { item, span, goal, mark, moving } = drag;
  mark?.remove();
  item.classList.remove("carried");
  document.body.classList.remove("dragging");
  drag = null;
  if (!moving) return;
  justDragged = true;
  setTimeout(() => { justDragged = false; }, 0);
  if (!goal || goal.kind === "taken" || goal.kind === "none") return;
  const values = { move: { facing: item.dataset.facing }, swap: { facing: item.dataset.facing, other: goal.other }, place: { product: item.dataset.product } }[goal.kind];
  if (goal.kind !== "swap") Object.assign(values, { shelf: goal.table.dataset.shelf, first: goal.first, plates: span });
  send(goal.kind, values);
}

function send(kind, values) {
  drop.action = `/planogram/${kind}`;
  for (const [name, value] of Object.entries(values)) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    drop.append(field);
  }
  drop.submit();
}

function cancel() {
  if (drag) drag.goal = null;
  finish();
}

document.addEventListener("pointerdown", begin);
document.addEventListener("pointermove", carry);
document.addEventListener("pointerup", finish);
document.addEventListener("pointercancel", cancel);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") cancel(); });
document.addEventListener("dragstart", (event) => { if (event.target.closest?.(".facing, .item")) event.preventDefault(); });
document.addEventListener("click", (event) => { if (justDragged) event.preventDefault(); }, true);
