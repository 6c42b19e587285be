// What the page of a rater asks of the server and sends to it, and what it says where the server does not answer.

const trouble = document.getElementById("trouble");
const csrf = document.querySelector('meta[name="foveate-csrf"]').content;
const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
const RETRY_MS = 2000;
const PATIENCE_MS = 15000; // a connection may be dead without a word
const TRY_LATER = [408, 425, 429]; // of a proxy between
const NOT_STORED = "Not stored yet: the server does not answer. Trying again ...";

export const base = location.pathname.replace(/\/$/, "");
export const clicks = { count: 0, waiting: new Set() }; // all of this page; those that the server has not stored yet
let before = Promise.resolve(); // the last of them

export function tell(words) {
  trouble.textContent = words;
  trouble.hidden = !words;
}

export function untell(words) {
  if (trouble.textContent === words) tell(""); // what else is said meanwhile stays
}

class Refused extends Error {}

export async function ask(path, body) {
  const request = { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) };
  if (body !== undefined) {
    request.method = "POST";
    request.headers = { "Content-Type": "application/json", "X-Foveate-Csrf": csrf };
    request.body = JSON.stringify(body);
    request.keepalive = true; // it arrives even where the page is closed meanwhile
  }
  const answer = await fetch(path, request);
  const told = await answer.json().catch(() => null);
  if (answer.status >= 500 || TRY_LATER.includes(answer.status)) throw new Error(`the server answers ${answer.status}`);
  if (!answer.ok) throw new Refused(typeof told?.detail === "string" ? told.detail : `This was refused (${answer.status}).`);
  if (told === null) throw new Error("something else answers in the server's place"); // a network's page to log in
  return told;
}

// A click is sent until it is stored; it bears a number of its own, so that the server keeps it once. One is sent after the
// other: on two connections the first of two answers could come last, and stand.
export async function store(click) {
  const whole = { uid: crypto.getRandomValues(new Uint32Array(4)).join("-"), tab, ...click };
  clicks.count += 1;
  clicks.waiting.add(whole);
  const told = before.then(() => stored(whole));
  before = told.catch(() => {});
  try {
    return await told;
  } finally {
    clicks.waiting.delete(whole);
  }
}

async function stored(click) {
  for (;;) {
    try {
      const told = await ask(`${base}/click`, click);
      untell(NOT_STORED);
      return told;
    } catch (error) {
      if (error instanceof Refused) throw error;
      tell(NOT_STORED);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
