// What somebody agrees to before anything is shown; then the page moves to a link of their own.

import { make } from "/static/make.js";
import { ask, tell } from "/static/server.js";

export const nonce = document.querySelector('meta[name="foveate-nonce"]').content; // empty on a rater's own page

export async function showConsent(main) {
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
