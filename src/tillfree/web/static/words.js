// What the scripts of several pages use. It does nothing by being loaded, so it may be loaded twice.

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
