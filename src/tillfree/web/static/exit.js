// Keeps the codes on the exit screen as the store has them, once a second; what is gone from there is gone here.
const list = document.querySelector("[data-receipts]");
const waiting = document.querySelector("[data-waiting]");
const showing = document.querySelector("[data-showing]");
const EVERY_MS = 1000;
const LOST_AFTER = 10;
let failed = 0;

function item(receipt) {
  const made = document.createElement("li");
  made.dataset.number = receipt.number;
  const code = document.createElement("img");
  code.src = receipt.code;
  code.alt = "";
  code.width = code.height = 320;
  const number = document.createElement("strong");
  if (receipt.link) {
    const link = document.createElement("a");
    link.href = receipt.link;
    link.textContent = receipt.said;
    number.append(link);
  } else number.textContent = receipt.said;
  made.append(code, number);
  return made;
}

function show(receipts) {
  const wanted = new Set(receipts.map((receipt) => receipt.number));
  for (const old of [...list.children]) if (!wanted.has(old.dataset.number)) old.remove();
  const there = new Set([...list.children].map((one) => one.dataset.number));
  receipts.forEach((receipt, place) => {
    if (!there.has(receipt.number)) list.insertBefore(item(receipt), list.children[place] ?? null);
  });
  waiting.hidden = receipts.length > 0;
  showing.hidden = receipts.length === 0;
}

async function look() {
  try {
    const answer = await fetch(list.dataset.feed, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    show((await answer.json()).receipts);
    failed = 0;
  } catch {
    // A code must not stay for the next shopper because the store is out of reach.
    failed += 1;
    if (failed === LOST_AFTER) show([]);
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
