"use strict";
// One key of localStorage per coder and item, so that a second tab adds to the first and never undoes it.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const total = data.items.length;
const memory = new Map();
const unkept = new Set(); // keys whose last value is in memory only: storage is refused, or full
let coder = "";
let place = 0;
let since = 0;
let handedIn = true; // whether all that is in memory only has been downloaded

function store(key, value) {
  memory.set(key, value);
  try {
    localStorage.setItem(key, value);
    unkept.delete(key);
  } catch {
    unkept.add(key);
    handedIn = false;
  }
}

function stored(key) {
  if (unkept.has(key)) return memory.get(key);
  try {
    return localStorage.getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

const keyOf = (index) => `foveate-codes/${data.work}/${coder}/${index}`;

function answer(index) {
  const text = stored(keyOf(index));
  return text === null ? null : JSON.parse(text);
}

const coded = () => data.items.reduce((count, _, index) => count + (answer(index) ? 1 : 0), 0);

function show(index) {
  place = Math.max(0, Math.min(total - 1, index));
  since = performance.now();
  const item = data.items[place];
  $("images").replaceChildren(
    ...item.images.map((uri, number) => {
      const image = document.createElement("img");
      image.src = uri;
      image.alt = `Image ${number + 1} of ${item.images.length}`;
      return image;
    }),
  );
  refresh();
}

function refresh() {
  const given = answer(place);
  document.querySelectorAll("#labels button").forEach((button, number) => {
    button.setAttribute("aria-pressed", String(given !== null && given.label === data.labels[number]));
  });
  const done = coded();
  $("where").textContent = `${place + 1} of ${total}`;
  $("done").textContent = `${done} coded, ${total - done} left`;
  $("bar").style.width = `${(100 * done) / total}%`;
  $("finished").hidden = done < total;
  $("volatile").hidden = unkept.size === 0;
  $("back").disabled = place === 0;
  $("next").disabled = place === total - 1;
}

function choose(number) {
  if (!coder || number >= data.labels.length) return;
  const seconds = Math.round(performance.now() - since) / 1000;
  store(keyOf(place), JSON.stringify({ label: data.labels[number], seconds, at: new Date().toISOString() }));
  if (place < total - 1) show(place + 1);
  else refresh();
}

function nextOpen() {
  for (let step = 1; step <= total; step += 1) {
    const index = (place + step) % total;
    if (!answer(index)) return show(index);
  }
}

// what a spreadsheet would compute gets an apostrophe in front
const cell = (value) => {
  let text = String(value);
  if (/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text))) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function table() {
  const rows = [["recording", "onset_s", "offset_s", "label", "coder", "codebook", "seconds", "coded_at"]];
  data.items.forEach((item, index) => {
    const given = answer(index);
    if (given) {
      rows.push([item.recording, item.onset_s, item.offset_s, given.label, coder, data.codebook, given.seconds, given.at]);
    }
  });
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
  link.download = `codes-${coder.replace(/[^\p{L}\p{N}]+/gu, "-") || "coder"}-${data.work}.csv`;
  link.click();
  handedIn = true;
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function begin(name) {
  coder = name.trim();
  if (!coder) return;
  store(`foveate-codes/${data.work}`, coder);
  $("start").hidden = true;
  $("work").hidden = false;
  const open = data.items.findIndex((_, index) => !answer(index));
  show(open < 0 ? total - 1 : open);
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  begin($("name").value);
});
$("back").addEventListener("click", () => show(place - 1));
$("next").addEventListener("click", () => show(place + 1));
$("skip").addEventListener("click", nextOpen);
$("download").addEventListener("click", download);
document.querySelectorAll("#labels button").forEach((button, number) => {
  // the second click of a double click would be about the next span
  button.addEventListener("click", (event) => event.detail < 2 && choose(number));
});

const KEYS = "1234567890abcdefghijklmnopqrstuvwxyz";
document.addEventListener("keydown", (event) => {
  if (!coder || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const number = KEYS.indexOf(event.key.toLowerCase());
  if (event.key === "ArrowLeft" || event.key === "Backspace") show(place - 1);
  else if (event.key === "ArrowRight") show(place + 1);
  else if (event.key.length === 1 && number >= 0 && number < data.labels.length) choose(number);
  else return;
  event.preventDefault();
});
window.addEventListener("beforeunload", (event) => handedIn || event.preventDefault());
window.addEventListener("storage", () => coder && refresh());
$("name").value = stored(`foveate-codes/${data.work}`) ?? "";
