// The truth beside the decision, where the truth is known.
import { fill } from "./words.js";

const byId = (id) => document.getElementById(id);
const percent = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)} %`);

globalThis.tillfreeScore = (score, words) => {
  if (!byId("score")) return;
  byId("s-finished").textContent = score.finished;
  byId("s-f1").textContent = percent(score.f1);
  byId("s-exact").textContent = percent(score.exact);
  byId("s-wrong").textContent = `${score.charged_wrong} / ${score.charged}`;
  byId("s-wrong").parentElement.className = `tile ${score.charged_wrong ? "bad" : "good"}`;
  byId("s-review").textContent = score.review;
  byId("verdicts").replaceChildren(...score.verdicts.map((verdict) => verdictOf(verdict, words)));
};

function verdictOf(verdict, words) {
  const item = document.createElement("li");
  const head = document.createElement("strong");
  head.textContent = verdict.visit;
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
    badge(verdict.right ? words.right : words.wrong, verdict.right ? "good" : review ? "warn" : "bad"),
  );
  for (const part of verdict.differs) {
    const line = document.createElement("small");
    line.className = "differs";
    line.textContent = fill(words.differs, { product: part.name || part.product, said: part.said, true: part.true });
    item.append(line);
  }
  return item;
}
