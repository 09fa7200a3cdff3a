// The button that prints the restocking list; browsers without scripts print by their own menu.

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
