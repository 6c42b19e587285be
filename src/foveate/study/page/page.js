// The page of a rater: consent, one page after the other, the end. It knows no more than the server tells it, and every text
// of a model is put in as text.

import { nonce, showConsent } from "/static/consent.js";
import { make } from "/static/make.js";
import { ask, base, clicks, store, tell, untell } from "/static/server.js";

const main = document.getElementById("main");

const MOVED = "That page was done in another window; this is where you are now.";

let state = null;
let shownAt = 0;
let active = 0; // which of the page's groups the keyboard speaks to
let going = false; // "Next" was pressed, and the next page has not come

async function send(click) {
  const told = store({ since_ms: Math.round(performance.now() - shownAt), ...click });
  update();
  try {
    return await told;
  } finally {
    update();
  }
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
  const ends = { [order[0]]: ", not at all", [order.at(-1)]: ", completely" };
  const choices = order.map((value) => make(
    "label", {},
    make("input", {
      type: "radio", name, value, checked: given?.value === value, "aria-label": scale ? `${question.text}: ${value}${ends[value] ?? ""}` : label(value),
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
  untell(MOVED);
  const next = groups().find((each) => !isAnswered(each));
  activate(next ?? field);
  if (state.mode === "likert") next?.scrollIntoView({ block: "nearest" });
  try {
    const told = await send({ place, what: "answer", question, description, value });
    if (!told.taken && isAhead(told)) moved(told);
  } catch (error) {
    tell(error.message);
  }
}

async function goOn() {
  const button = document.getElementById("next");
  if (!button || button.disabled) return;
  const place = state.page.place;
  lock(true);
  try {
    const told = await send({ place, what: "next" });
    if (told.page?.place === place) {
      showState(told);
      tell("An answer of this page was not stored. Please look at it again.");
    } else if (isAhead(told)) {
      if (told.taken) showState(told);
      else moved(told);
    }
  } catch (error) {
    tell(error.message);
  } finally {
    lock(false);
  }
}

// What is clicked after "Next" would be about a page that is gone when it comes.
function lock(on) {
  going = on;
  groups().forEach((field) => { field.disabled = on; });
  update();
}

// Two answers may come in another order than they were asked for, and pages only ever go on.
function isAhead(told) {
  return Boolean(state.page) && (!told.page || told.page.place > state.page.place);
}

function moved(told) {
  showState(told);
  tell(MOVED); // until something is done on the page
}

// An answer, or "Next"; that a clip was seen is sent too, and keeps nobody waiting.
function isUnderWay() {
  return [...clicks.waiting].some((click) => click.what === "answer" || click.what === "next");
}

function update() {
  const button = document.getElementById("next");
  if (button) button.disabled = going || isUnderWay() || !groups().every(isAnswered);
}

function clip(files) {
  const at = (name) => `${base}/clip/${encodeURIComponent(name)}`;
  if (files.length === 1 && files[0].endsWith(".mp4")) {
    const place = state.page.place;
    return make("video", {
      src: at(files[0]), controls: true, autoplay: true, muted: true, playsinline: true, id: "video", "aria-label": "The clip",
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
  const keys = state.mode === "pairwise" ? `${state.values.includes("tie") ? "← ↓ →" : "← →"} to answer` : "digits to answer, ↑ ↓ between questions";
  const hint = `Keys: ${keys}, Enter to go on${page.clip[0]?.endsWith(".mp4") ? ", Space for the clip" : ""}`;
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
  going = false; // whatever led here
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
    if (nonce) await showConsent(main);
    else showState(await ask(`${base}/state`));
  } catch (error) {
    main.className = "narrow";
    main.replaceChildren(make("p", { text: error.message }));
  }
}

// keys

function press(field, value) {
  if (going) return;
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
  else if (event.key === " " && event.target.type === "radio" && !event.target.checked) return; // chooses it, as everywhere
  else if (event.key === " " && video) video.paused ? video.play() : video.pause();
  else if (state.mode === "pairwise" && SIDES[event.key]) press(field, SIDES[event.key]);
  else if (state.mode === "likert" && /^[1-9]$/.test(event.key)) press(field, event.key);
  else if (state.mode === "likert" && ["ArrowUp", "ArrowDown"].includes(event.key)) activate(groups().at((active + (event.key === "ArrowUp" ? -1 : 1)) % groups().length));
  else return;
  event.preventDefault();
});

// another window may have gone on meanwhile, or answered otherwise
async function look() {
  if (document.visibilityState !== "visible" || !state?.page || clicks.waiting.size) return;
  const before = clicks.count;
  const told = await ask(`${base}/state`).catch(() => null);
  if (!told) return;
  if (isAhead(told)) showState(told);
  else if (state.page && before === clicks.count && told.page.place === state.page.place) show(told.page.answers);
}

function show(answers) {
  for (const field of groups()) {
    const given = answers.find((answer) => `${answer.question}:${answer.description}` === field.dataset.name);
    for (const input of field.querySelectorAll("input")) input.checked = input.value === given?.value;
  }
  update();
}

document.addEventListener("visibilitychange", look);
window.addEventListener("focus", look);

// what is under way would be lost where the server does not answer
window.addEventListener("beforeunload", (event) => {
  if (isUnderWay()) event.preventDefault();
});

load();
