// The truth beside the decision, where the truth is known.
import { fill } from "./words.js";

const byId = (id) => document.getElementById(id);
let shown = "";
const percent = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)} %`);

globalThis.tillfreeScore = (score, words) => {
  if (!byId("score")) return;
  byId("s-finished").textContent = score.finished;
  byId("s-f1").textContent = percent(score.f1);
  byId("s-exact").textContent = percent(score.exact);
  byId("s-wrong").textContent = fill(words.of, { count: score.charged_wrong, all: score.charged });
  byId("s-wrong").parentElement.className = `tile ${score.charged_wrong ? "bad" : "good"}`;
  byId("s-review").textContent = score.review;
  // What did not change stays as it is, so that a link that has the focus keeps it.
  const told = JSON.stringify(score.verdicts);
  if (told === shown) return;
  const focused = byId("verdicts").contains(document.activeElement) ? document.activeElement.textContent : "";
  shown = told;
  byId("no-verdicts").hidden = score.verdicts.length > 0;
  byId("verdicts").replaceChildren(...score.verdicts.map((verdict) => verdictOf(verdict, words)));
  if (focused) [...byId("verdicts").querySelectorAll("a")].find((link) => link.textContent === focused)?.focus();
};

function verdictOf(verdict, words) {
  const item = document.createElement("li");
  const visits = byId("verdicts").dataset.visits;
  const head = document.createElement(visits ? "a" : "strong");
  head.textContent = verdict.visit;
  if (visits) head.href = visits + encodeURIComponent(verdict.visit);
  const badge = (text, kind) => {
    const element = document.createElement("span");
    element.className = `badge ${kind}`;
    element.textContent = text;
    return element;
  };
  const review = verdict.outcome === "review";
  item.append(
    head,
    " ",
    badge(review ? words.waits : words.charged, review ? "warn" : ""),
    " ",
    // Of a visit that was broken off, nobody knows what it would have come to: neither right nor wrong.
    verdict.right === null ? badge(words.unknown, "") : badge(verdict.right ? words.right : words.wrong, verdict.right ? "good" : review ? "warn" : "bad"),
  );
  for (const part of verdict.differs) {
    const line = document.createElement("small");
    line.className = "differs";
    line.textContent = fill(words.differs, { product: part.name || part.product, said: part.said, true: part.true });
    item.append(line);
  }
  return item;
}
