// Deciding by single keys, editing a cart, and finding a product. The page works without it.

const KEYS_OFF = "review-keys-off";
const find = (name) => document.querySelector(`[data-${name}]`);
const choices = [...document.querySelectorAll("[data-choice]")];
const editor = find("edit-form");
const editButton = find("edit");
const dialog = find("keys");
const keysOn = find("keys-on");

function remembered() {
  try {
    return localStorage.getItem(KEYS_OFF) !== "1";
  } catch {
    return true;
  }
}

keysOn.checked = remembered();
keysOn.addEventListener("change", () => {
  try {
    localStorage.setItem(KEYS_OFF, keysOn.checked ? "0" : "1");
  } catch {
    // Where nothing may be kept, it holds for this page.
  }
});

function edit(open) {
  editor.hidden = !open;
  editButton.setAttribute("aria-expanded", String(open));
  if (open) editor.querySelector("input:not([type=hidden])").focus();
}

if (editor) {
  editor.hidden = true;
  editButton.hidden = false;
  editButton.addEventListener("click", () => edit(editor.hidden));
  const help = find("help");
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    edit(false);
    editButton.focus();
  });
}

// A case is decided once: a second click or key on the way to the next page does nothing.
for (const form of document.querySelectorAll("[data-decide], [data-edit-form]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

function move(way) {
  if (!choices.length) return;
  const here = choices.indexOf(document.activeElement);
  const next = here < 0 ? (way > 0 ? 0 : choices.length - 1) : (here + way + choices.length) % choices.length;
  choices[next].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || dialog.open) return;
  if (event.target.closest("input, select, textarea, .evidence, .scroll")) return;
  const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (way && event.target.closest("[data-decide]")) {
    event.preventDefault();
    move(way);
    return;
  }
  if (!keysOn.checked) return;
  const target = event.key === "u" ? find("undo") : document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (way) {
    event.preventDefault();
    move(way);
  } else if (target) {
    event.preventDefault();
    target.click();
  }
});

const search = find("search");
if (search) {
  let newest = 0;
  search.addEventListener("input", async () => {
    const asked = ++newest;
    const text = search.value.trim();
    if (text.length < 2) return;
    const answer = await fetch(`${search.dataset.search}?text=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || asked !== newest) return;
    const found = await answer.json();
    document.getElementById("found").replaceChildren(
      ...found.map((product) => {
        const option = document.createElement("option");
        option.value = product.value;
        option.label = product.value === product.name ? product.id : product.name;
        return option;
      }),
    );
  });
}
