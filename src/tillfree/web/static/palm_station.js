// The screen of a palm station: sends pictures, says what to do, shows what comes of it for a moment, and forgets it.

const me = document.querySelector("script[data-camera]");
const [cameras, { fill, texts }] = await Promise.all([import(me.dataset.camera), import(me.dataset.words)]);
const words = texts();
const setup = texts("setup");
const find = (selector) => document.querySelector(selector);
const main = find("main");
const EVERY_MS = 70;
const WAIT_MOST_MS = 1500;
const SAY_AGAIN_MS = 1200;
const KEEP_WORD_MS = 260;
const KEEP_WRONG_MS = 5000;
const VERSION = 1;
const SIGNS = {
  "": "still", "no hand": "hover", closer: "closer", further: "further", flatten: "flatten", centre: "centre",
  "other hand": "swap", "hold still": "still", "more light": "light", "less light": "light", lift: "again", wait: "wait",
  turn: "flatten", "spread fingers": "flatten",
};

// ---- the connection ----

let socket = null;
let retry_ms = 500;
let number = 0;
let sent_ms = 0;  // when the picture went out whose answer has not come; 0: none
let sent = { number: 0, band: 0 };
const times = new Map();

function connect() {
  const opened = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/palm/stream`);
  opened.addEventListener("open", () => {
    socket = opened;
    retry_ms = 500;
    number = 0;
    sent_ms = 0;
    show("waiting", "calm", words.ready);
    tell({ k: "begin", want: "identify" });
  });
  opened.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  opened.addEventListener("close", () => {
    socket = null;
    end();
    show("waiting", "warn", words.lost);
    setTimeout(connect, retry_ms);
    retry_ms = Math.min(retry_ms * 2, 8000);
  });
}

function tell(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function give(picture, band) {
  const head = new DataView(new ArrayBuffer(8));
  number += 1;
  head.setUint8(0, VERSION);
  head.setUint8(1, band);
  head.setUint32(4, number);
  sent = { number, band };
  times.clear();
  times.set(number, performance.now());
  sent_ms = performance.now();
  socket.send(new Blob([head, picture]));
}

// ---- pictures ----

const [visible, nir] = document.querySelectorAll("video");
const camera = new cameras.CameraPair(new cameras.Camera(visible, 0), new cameras.Camera(nir, 1));
let source = null;  // what pictures come from now
let mode = "idle";  // idle: recognises whoever comes; busy: an enrolment or deletion; result: it is on the screen
let quiet_until_ms = 0;

async function step() {
  const now_ms = performance.now();
  const waits = sent_ms && now_ms - sent_ms < WAIT_MOST_MS;
  const may = socket?.readyState === WebSocket.OPEN && socket.bufferedAmount === 0 && !waits && now_ms > quiet_until_ms;
  if (source && may && !document.hidden) {
    try {
      const picture = await source.picture();
      if (picture && source && socket?.readyState === WebSocket.OPEN) give(picture, source.band ?? 0);
    } catch {
      stop_source();
    }
  }
  setTimeout(step, Math.max(0, EVERY_MS - (performance.now() - now_ms)));
}

async function start_camera() {
  if (camera.open) {
    source = camera;
    return true;
  }
  if (!navigator.mediaDevices?.getUserMedia) {
    show("waiting", "warn", words.no_camera, window.isSecureContext ? "" : words.camera_insecure);
    return false;
  }
  try {
    if (!(await camera.start(cameras.chosen_cameras()))) alarm(words.no_nir);
    find("[data-nir]").hidden = camera.nir.open || !cameras.chosen_cameras().nir;
  } catch (error) {
    const refused = error.name === "NotAllowedError";
    if (performance.now() > quiet_until_ms) show("waiting", "warn", refused ? words.camera_refused : words.no_camera);
    find("[data-do=camera]").hidden = false;
    return false;
  }
  find("[data-do=camera]").hidden = true;
  source = camera;
  return true;
}

function stop_source() {
  if (source !== camera) source?.stop();
  source = camera.open ? camera : null;
  find("[data-do=camera]").hidden = camera.open;
  for (const button of document.querySelectorAll("[data-sample]")) button.setAttribute("aria-pressed", "false");
}

// ---- what is shown ----

let shown = { title: "", at_ms: 0 };
let said_ms = 0;

function show(phase, tone, title, more = "", sign = "") {
  main.dataset.phase = phase;
  main.dataset.tone = tone;
  if (sign) find(".sign use").setAttribute("href", `${main.dataset.icons}#${sign}`);
  find("[data-more]").textContent = more;
  if (title !== shown.title) {
    find("[data-title]").textContent = title;
    shown = { title, at_ms: performance.now() };
    say(title);
  }
}

/** To screen readers, and not more often than they can read. */
function say(text) {
  const now_ms = performance.now();
  if (now_ms - said_ms < SAY_AGAIN_MS) return;
  said_ms = now_ms;
  find("[data-said]").textContent = text;
}

function alarm(text) {
  find("[data-alert]").textContent = text;
}

function progress(share) {
  const done = find(".ring .done");
  done.toggleAttribute("hidden", share <= 0);  // a round end would show as a dot
  done.setAttribute("stroke-dashoffset", String(100 - 100 * share));
}

function place(hand) {
  const mark = find(".ring .hand");
  mark.toggleAttribute("hidden", !hand);
  if (!hand) return;
  const media = source === camera ? visible : null;
  const [width, height] = media ? [media.videoWidth, media.videoHeight] : [4, 3];
  const side = Math.min(width, height) / width;
  const x = (hand[0] - (1 - side) / 2) / side;
  const y = (hand[1] - (height / width - side) / 2) / side;
  const mirrored = source === camera;
  mark.setAttribute("cx", String(10 + 180 * (mirrored ? 1 - x : x)));
  mark.setAttribute("cy", String(10 + 180 * y));
  mark.setAttribute("r", String(Math.max(6, 90 * (hand[2] / side))));
}

function switch_to(wanted) {
  mode = wanted;
  for (const group of document.querySelectorAll("[data-when]")) group.hidden = group.dataset.when !== wanted;
}

// ---- what the server says ----

let ending = 0;
let rounds = 1;

function hear(message) {
  if (message.k === "guide") guide(message);
  else if (message.k === "result") result(message);
  else if (message.k === "ask") ask(message);
  else if (message.k === "wrong") wrong(message);
  else if (message.k === "begun") rounds = message.rounds;
  if (message.k !== "begun") sent_ms = 0;
}

function guide(message) {
  const began_ms = times.get(message.n);
  if (began_ms !== undefined) {
    find("[data-speed]").textContent = fill(words.speed, { ms: Math.round(performance.now() - began_ms) });
  }
  find("[data-quality]").textContent = fill(words.quality, { quality: Math.round(message.quality) });
  find("[data-meter]").value = message.quality;
  progress(message.progress);
  if (message.n !== sent.number || sent.band === 0) place(message.hand);  // the other camera sees it elsewhere
  if (performance.now() < quiet_until_ms) return;  // of a picture that was on its way
  if (message.phase === "asking") return show("asking", "good", words.guide.wait, "", "wait");
  const title = words.guide[message.code] ?? words.guide.other;
  // A word stays long enough to be read, but for the moment when the hand is right.
  if (title !== shown.title && performance.now() - shown.at_ms < KEEP_WORD_MS && message.phase === main.dataset.phase) return;
  const tone = { holding: "good", guiding: "warn", lift: "warn" }[message.phase] ?? "calm";
  const more = rounds > 1 ? fill(words.round, { round: message.round, rounds }) : "";
  show(message.phase, tone, title, more, SIGNS[message.code] ?? "hover");
}

function result(message) {
  const good = ["known", "enrolled", "deleted"].includes(message.kind);
  const granted = message.kind === "known" ? words.granted[message.granted] : null;
  const [title, more] = granted ?? words.results[message.kind] ?? words.results.trouble;
  const other = message.kind === "other hand";
  const name = message.shown ? `${title}, ${message.shown}` : title;
  const reason = words.reasons[message.reason] ?? "";
  switch_to("result");
  place(null);
  progress(good ? 1 : 0);
  show("told", good ? "good" : other ? "warn" : "bad", name, reason || more, good ? "good" : other ? "swap" : "bad");
  if (!good) alarm(`${name}. ${reason || more}`);
  else say(`${name}. ${more}`);
  const may = find("[data-may]");
  may.hidden = message.may.length === 0;
  may.textContent = message.may.map((code) => words.may[code] ?? code).join(" · ");
  const code = find("[data-code]");
  code.hidden = !message.link_code;
  code.textContent = fill(words.link_code, { minutes: setup.code_min, code: message.link_code });
  if (message.link_code) alarm(code.textContent);
  if (message.live !== null) {
    const against = message.against.length ? ` (${message.against.join(", ")})` : "";
    find("[data-live]").textContent = fill(words.live, { live: Math.round(100 * message.live) }) + against;
  }
  quiet_until_ms = performance.now() + message.for_ms;
  if (source !== camera) stop_source();
  count_down(performance.now() + message.for_ms);
}

function count_down(until_ms) {
  clearTimeout(ending);
  const left_ms = until_ms - performance.now();
  find("[data-left]").textContent = fill(words.seconds, { seconds: Math.max(0, Math.ceil(left_ms / 1000)) });
  if (left_ms <= 0) end();
  else ending = setTimeout(() => count_down(until_ms), Math.min(left_ms, 250));
}

/** Back to the beginning: nothing of whoever was there is left on the screen. */
function end() {
  clearTimeout(ending);
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("no");
  quiet_until_ms = 0;
  sent_ms = 0;
  rounds = 1;
  switch_to("idle");
  progress(0);
  place(null);
  camera.erase();
  for (const selector of ["[data-more]", "[data-may]", "[data-code]", "[data-said]", "[data-alert]", "[data-quality]"]) {
    find(selector).textContent = "";
  }
  find("[data-may]").hidden = find("[data-code]").hidden = true;
  find("[data-meter]").value = 0;
  show("waiting", "calm", words.ready, "", "hover");
}

function wrong(message) {
  if (message.code === "old picture") return;
  const text = words.reasons[message.code] ?? words.reasons.trouble;
  quiet_until_ms = performance.now() + KEEP_WRONG_MS;  // long enough to be read
  switch_to("idle");
  show("waiting", "bad", text, "", "bad");
  alarm(text);
}

// ---- what a person does ----

const consent = find("#consent");
const question = find("#ask");

function ask(message) {
  const pin = message.code === "pin";
  const [title, text] = words.results[message.code];
  find("[data-ask-title]").textContent = message.shown ? `${title} (${message.shown})` : title;
  find("[data-ask-text]").textContent = text;
  const [yes, no] = words.answers[message.code];
  find("[data-yes]").textContent = yes;
  find("[data-no]").textContent = no;
  find("[data-pin]").hidden = !pin;
  find("#proof").required = pin;  // an empty one would count as a wrong one
  find("#proof").value = "";
  question.dataset.code = message.code;
  quiet_until_ms = performance.now() + message.for_ms;
  clearTimeout(ending);
  ending = setTimeout(end, message.for_ms);
  question.returnValue = "no";
  question.showModal();
}

question.addEventListener("close", () => {
  const yes = question.returnValue === "yes";
  const pin = find("#proof").value;
  find("#proof").value = "";
  if (mode === "idle" && !yes && question.dataset.code !== "pin") return;
  quiet_until_ms = 0;
  if (question.dataset.code === "pin" && yes) tell({ k: "pin", pin });
  else if (question.dataset.code === "delete") tell({ k: "confirm", yes });
  if (!yes) stop();
});

function stop() {
  tell({ k: "begin", want: "identify" });
  stop_source();
  end();
}

/** On a telephone what is chosen below would else happen out of sight. */
function to_the_top() {
  main.scrollIntoView({ block: "start" });
}

function begin(message) {
  alarm("");
  quiet_until_ms = 0;
  to_the_top();
  switch_to("busy");
  tell(message);
  if (!source) start_camera();
}

function show_notice(language) {
  for (const text of consent.querySelectorAll("[data-notice]")) text.hidden = text.dataset.notice !== language;
}
const shown_notice = () => consent.querySelector("[data-notice]:not([hidden])").dataset.notice;
const first_notice = shown_notice();
consent.querySelector("#language")?.addEventListener("change", (event) => show_notice(event.target.value));

consent.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "yes") return;
  const form = new FormData(event.target);
  const purposes = form.getAll("purpose");
  if (purposes.includes("identify") && form.get("agree")) return;
  event.preventDefault();
  const said = consent.querySelector("[data-wrong]");
  said.textContent = words.reasons["no consent"];
  said.hidden = false;
});
consent.addEventListener("close", () => {
  const form = consent.querySelector("form");
  const given = new FormData(form);
  if (consent.returnValue === "yes") {
    begin({
      k: "begin",
      want: "enrol",
      notice_version: setup.notice,
      purposes: given.getAll("purpose"),
      pin: given.get("pin"),
      language: shown_notice(),
      again: given.get("again")?.trim() ?? "",
    });
  }
  form.reset();
  form.querySelector("details")?.removeAttribute("open");
  show_notice(first_notice);
});

const choice = find("#cameras");

async function choose_cameras() {
  await start_camera();  // a browser tells their names only then
  const known = await cameras.known_cameras();
  const chosen = cameras.chosen_cameras();
  for (const [name, none] of [["visible", words.any_camera], ["nir", words.nir_camera]]) {
    const named = known.map((one, k) => [one.label || fill(words.camera_number, { number: k + 1 }), one.deviceId]);
    const select = choice.querySelector(`select[name=${name}]`);
    select.replaceChildren(...[[none, ""], ...named].map(([label, id]) => new Option(label, id)));
    select.value = named.some(([, id]) => id === chosen[name]) ? chosen[name] : "";
  }
  choice.querySelector("[data-wrong]").hidden = true;
  choice.returnValue = "no";
  choice.showModal();
}

choice.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "yes") return;
  const form = new FormData(event.target);
  const wrong = choice.querySelector("[data-wrong]");
  wrong.hidden = !form.get("nir") || form.get("nir") !== form.get("visible");
  if (wrong.hidden) return;
  event.preventDefault();
  wrong.textContent = words.same_camera;
});
choice.addEventListener("close", async () => {
  if (choice.returnValue !== "yes") return;
  const form = new FormData(choice.querySelector("form"));
  cameras.remember_cameras({ visible: form.get("visible"), nir: form.get("nir") });
  camera.stop();
  stop_source();
  await start_camera();
});

document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  const sample = event.target.closest("[data-sample]");
  if (act === "enrol") {
    consent.querySelector("[data-wrong]").hidden = true;
    consent.returnValue = "no";
    consent.showModal();
  } else if (act === "delete") {
    begin({ k: "begin", want: "delete" });
    show("waiting", "warn", words.deleting, "", "hover");
  } else if (act === "cameras") choose_cameras();
  else if (act === "camera") {
    stop_source();
    start_camera();
  } else if (act === "stop") stop();
  else if (sample) {
    stop_source();
    quiet_until_ms = 0;
    sample.setAttribute("aria-pressed", "true");
    show("waiting", "calm", words.guide.wait, "", "wait");
    if (setup.judged) find("[data-live]").textContent = "";  // it was of whoever was there before
    to_the_top();
    source = new cameras.SampleHand(Number(sample.dataset.sample), setup.bands, find("canvas"));
  }
});

for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;  // they do something now
connect();
step();
// One after the other: they are drawn when they are asked for, and a hand that is chosen meanwhile must not wait long.
const portraits = [...document.querySelectorAll("img[data-src]")];
function next_portrait() {
  const image = portraits.shift();
  if (!image) return;
  image.addEventListener("load", next_portrait);
  image.src = image.dataset.src;
}
next_portrait();
// Asking for the camera at once is right on a kiosk; with simulated hands beside it, whoever is there decides.
if (setup.samples) find("[data-do=camera]").hidden = false;
else start_camera();
