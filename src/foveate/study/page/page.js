// The page of a rater: consent, one page after the other, the end. It knows no more than the server tells it, and every text
// of a model is put in as text.

const main = document.getElementById("main");
const trouble = document.getElementById("trouble");
const csrf = document.querySelector('meta[name="foveate-csrf"]').content;
const nonce = document.querySelector('meta[name="foveate-nonce"]').content;
const base = location.pathname.replace(/\/$/, "");
const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
const RETRY_MS = 2000;

let state = null;
let shownAt = 0;
let active = 0; // which of the page's groups the keyboard speaks to
let waiting = 0; // clicks that the server has not stored yet
let before = Promise.resolve(); // the last of them

function make(tag, options = {}, ...children) {
  const { text, on, ...attributes } = options;
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  if (text !== undefined) node.textContent = text;
  for (const [name, listener] of Object.entries(on ?? {})) node.addEventListener(name, listener);
  node.append(...children);
  return node;
}

function tell(words) {
  trouble.textContent = words;
  trouble.hidden = !words;
}

class Refused extends Error {}

async function ask(path, body) {
  const request = { cache: "no-store", credentials: "omit" };
  if (body !== undefined) {
    request.method = "POST";
    request.headers = { "Content-Type": "application/json", "X-Foveate-Csrf": csrf };
    request.body = JSON.stringify(body);
  }
  const answer = await fetch(path, request);
  const told = await answer.json().catch(() => ({}));
  if (answer.status >= 500) throw new Error(`the server answers ${answer.status}`);
  if (!answer.ok) throw new Refused(typeof told.detail === "string" ? told.detail : `This was refused (${answer.status}).`);
  return told;
}

// A click is sent until it is stored; it bears a number of its own, so that the server keeps it once. One is sent after the
// other: on two connections the first of two answers could come last, and stand.
async function send(click) {
  const whole = { uid: crypto.getRandomValues(new Uint32Array(4)).join("-"), since_ms: Math.round(performance.now() - shownAt), tab, ...click };
  waiting += 1;
  update();
  const told = before.then(() => stored(whole));
  before = told.catch(() => {});
  try {
    return await told;
  } finally {
    waiting -= 1;
    update();
  }
}

async function stored(click) {
  for (let lost = false; ; lost = true) {
    try {
      const told = await ask(`${base}/click`, click);
      if (lost) tell(""); // what else is said stays
      return told;
    } catch (error) {
      if (error instanceof Refused) throw error;
      tell("Not stored yet: the server does not answer. Trying again ...");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

// consent

async function showConsent() {
  const token = new URLSearchParams(location.search).get("token") ?? "";
  const told = await ask(`/join/state?token=${encodeURIComponent(token)}`);
  const agreed = make("input", { type: "checkbox", id: "agree" });
  const begin = make("button", { text: "Begin", id: "begin", disabled: true });
  agreed.addEventListener("change", () => { begin.disabled = !agreed.checked; });
  begin.addEventListener("click", async () => {
    begin.disabled = true;
    try {
      location.replace((await ask("/join", { nonce, token })).link);
    } catch (error) {
      tell(error.message);
      begin.disabled = !agreed.checked;
    }
  });
  main.className = "narrow";
  main.replaceChildren(
    make("h1", { text: "Before you begin" }),
    make("p", { class: "text", text: told.consent }),
    ...(told.contact ? [make("p", { text: `Questions: ${told.contact}` })] : []),
    make("label", { class: "agree" }, agreed, make("span", { text: "I have read this, and I agree to take part." })),
    begin,
  );
}

// one page

function label(value) {
  return { left: "Left", right: "Right", tie: "No difference" }[value] ?? value;
}

const KEYS = { left: "←", right: "→", tie: "↓" };

function group(question, description) {
  const name = `${question.name}:${description}`;
  const scale = state.mode === "likert";
  const order = scale ? state.values : ["left", "tie", "right"].filter((value) => state.values.includes(value));
  const given = state.page.answers.find((answer) => answer.question === question.name && answer.description === description);
  const choices = order.map((value) => make(
    "label", {},
    make("input", {
      type: "radio", name, value, checked: given?.value === value, "aria-label": scale ? `${question.text}: ${value}` : label(value),
      on: { change: () => choose(field, question.name, description, value), focus: () => activate(field) },
    }),
    label(value), ...(scale ? [] : [make("kbd", { text: KEYS[value] })]),
  ));
  const field = make("fieldset", { class: "group", "data-name": name }, make("legend", { text: question.text }), make("div", { class: "choices" }, ...choices));
  if (scale) field.append(make("div", { class: "ends soft" }, make("span", { text: "not at all" }), make("span", { text: "completely" })));
  return field;
}

function groups() {
  return [...main.querySelectorAll("fieldset.group")];
}

function isAnswered(field) {
  return field.querySelector("input:checked") !== null;
}

function activate(field) {
  active = Math.max(0, groups().indexOf(field));
  groups().forEach((each, place) => each.classList.toggle("active", place === active && groups().length > 1));
}

async function choose(field, question, description, value) {
  const place = state.page.place;
  const next = groups().find((each) => !isAnswered(each));
  activate(next ?? field);
  if (state.mode === "likert") next?.scrollIntoView({ block: "nearest" });
  try {
    const told = await send({ place, what: "answer", question, description, value });
    if (!told.taken) moved(told);
  } catch (error) {
    tell(error.message);
  }
}

async function goOn() {
  const button = document.getElementById("next");
  if (!button || button.disabled) return;
  const place = state.page.place;
  button.disabled = true;
  try {
    const told = await send({ place, what: "next" });
    if (told.taken) showState(told);
    else moved(told);
  } catch (error) {
    tell(error.message);
  }
}

function moved(told) {
  showState(told);
  tell("That page was done in another window; this is where you are now.");
  setTimeout(() => tell(""), 6000);
}

function update() {
  const button = document.getElementById("next");
  if (button) button.disabled = waiting > 0 || !groups().every(isAnswered);
}

function clip(files) {
  const at = (name) => `${base}/clip/${encodeURIComponent(name)}`;
  if (files.length === 1 && files[0].endsWith(".mp4")) {
    const place = state.page.place;
    return make("video", {
      src: at(files[0]), controls: true, autoplay: true, muted: true, playsinline: true, id: "video",
      on: { ended: () => send({ place, what: "played" }).catch(() => {}), loadeddata: ({ target }) => target.play().catch(() => {}) },
    });
  }
  return make("div", { class: "strip" }, ...files.map((name, k) => make("img", { src: at(name), alt: `Frame ${k + 1} of ${files.length} of the clip` })));
}

function card(heading, text, ...more) {
  return make("section", { class: "card" }, make("h2", { text: heading }), make("div", { class: "text description", text }), ...more);
}

function descriptions(page) {
  if (state.mode === "pairwise") {
    return [
      make("div", { class: "pair" }, ...page.texts.map((text, k) => card(["Left", "Right"][k], text))),
      ...state.questions.map((question) => group(question, -1)),
    ];
  }
  return page.texts.map((text, k) => card(`Text ${k + 1} of ${page.texts.length}`, text, ...state.questions.map((question) => group(question, k))));
}

function showPage() {
  const page = state.page;
  const practice = page.kind === "training" ? [make("p", { class: "practice", text: "For practice: this page does not count." })] : [];
  const hint = state.mode === "pairwise" ? "Keys: ← ↓ → to answer, Enter to go on, Space for the clip" : "Keys: digits to answer, ↑ ↓ between questions, Enter to go on, Space for the clip";
  main.className = "";
  main.replaceChildren(
    make("div", { class: "top" }, make("progress", { max: state.pages, value: state.done, "aria-label": "Progress" }), make("span", { class: "soft", text: `Page ${state.done + 1} of ${state.pages}` })),
    ...practice,
    make("div", { class: "trial" }, make("div", { class: "clip" }, clip(page.clip)), make("div", {}, ...descriptions(page),
      make("div", { class: "foot" }, make("button", { text: "Next", id: "next", disabled: true, on: { click: goOn } }), make("span", { class: "soft keys", text: hint })))),
    make("div", { class: "foot soft" }, make("span", {}, `You are ${state.name}. Your link, to go on later: `, make("code", { text: location.href })),
      make("button", { class: "plain", text: "Copy", on: { click: ({ target }) => copy(target) } })),
  );
  shownAt = performance.now();
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true }); // a screen reader begins here, and keys go to the page
  activate(groups().find((each) => !isAnswered(each)) ?? groups()[0]);
  update();
  send({ place: page.place, what: "shown" }).catch((error) => tell(error.message));
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
  }
}

function showEnd() {
  main.className = "narrow";
  main.replaceChildren(
    make("h1", { text: "Done" }),
    make("p", { class: "text", text: state.completion }),
    make("p", {}, "Your completion code: ", make("span", { class: "code", id: "code", text: state.code })),
    make("p", { class: "soft", text: `In this study you are ${state.name}. To have your answers deleted, give that name to ${state.contact || "who invited you"}.` }),
  );
}

function showState(told) {
  state = told;
  if (state.page) showPage();
  else showEnd();
}

async function load() {
  try {
    if (nonce) await showConsent();
    else showState(await ask(`${base}/state`));
  } catch (error) {
    main.className = "narrow";
    main.replaceChildren(make("p", { text: error.message }));
  }
}

// keys

function press(field, value) {
  const input = [...field.querySelectorAll("input")].find((each) => each.value === value);
  if (!input) return;
  if (input.checked) return choose(field, ...field.dataset.name.split(":").map((part, k) => (k ? Number(part) : part)), value);
  input.checked = true;
  input.dispatchEvent(new Event("change"));
}

const SIDES = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie", 1: "left", 2: "tie", 3: "right" };

document.addEventListener("keydown", (event) => {
  if (!state?.page || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const field = groups()[active];
  const video = document.getElementById("video");
  if (event.target === video || event.target.tagName === "BUTTON") return;
  if (event.key === "Enter") goOn();
  else if (event.key === " " && video) video.paused ? video.play() : video.pause();
  else if (state.mode === "pairwise" && SIDES[event.key]) press(field, SIDES[event.key]);
  else if (state.mode === "likert" && /^[1-9]$/.test(event.key)) press(field, event.key);
  else if (state.mode === "likert" && ["ArrowUp", "ArrowDown"].includes(event.key)) activate(groups().at((active + (event.key === "ArrowUp" ? -1 : 1)) % groups().length));
  else return;
  event.preventDefault();
});

// another window may have gone on meanwhile
document.addEventListener("visibilitychange", async () => {
  if (document.visibilityState !== "visible" || !state?.page || waiting) return;
  const told = await ask(`${base}/state`).catch(() => null);
  if (told && (told.page?.place !== state.page.place)) showState(told);
});

load();
