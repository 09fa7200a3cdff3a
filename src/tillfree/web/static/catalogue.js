// The list of products follows what is typed; without this script, the form is sent as any other.
const form = document.getElementById("search");
const list = document.getElementById("products");
let waiting = 0;
let asked = new AbortController();

async function look() {
  asked.abort();
  asked = new AbortController();
  const query = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(`/catalogue/rows?${query}`, { signal: asked.signal });
    if (answer.redirected || !answer.ok) {
      form.submit();
      return;
    }
    list.innerHTML = await answer.text();
    history.replaceState(null, "", `/catalogue?${query}`);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

form.elements.text.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, 150);
});
form.elements.lack.addEventListener("change", look);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  look();
});
