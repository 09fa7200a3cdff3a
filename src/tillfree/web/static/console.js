// Small comforts of every page; each page works without them.

/** Texts of this page's scripts, which the server has put into it in the reader's language. */
export function texts(id = "texts") {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : {};
}

/** A text with `%(name)s` filled in. */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Sends a form's worth of values to a page of ours, and gives back what it answers as data. */
export async function send(path, values) {
  const response = await fetch(path, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(values),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}
