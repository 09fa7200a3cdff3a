// Small comforts of every page; each page works without them.

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}
// On a narrow screen the menu is one long line: the page one is on is brought into sight.
const menu = document.querySelector(".menu");
const here = menu?.querySelector("[aria-current]");
if (here && menu.scrollWidth > menu.clientWidth) {
  menu.scrollLeft = here.offsetLeft - menu.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
}
