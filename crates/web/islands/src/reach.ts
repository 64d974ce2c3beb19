// What was typed is not sent into nothing: a browser that reaches no server shows a page of its own, and the form is gone.

import { senders } from "./forms";

/** A server that has not said that it lives by then, in milliseconds, is as good as gone. */
const PATIENCE = 5000;
/** What a proxy answers whose server is gone. */
const NOBODY = [502, 503, 504];

const WORDS = "The server can’t be reached. Nothing is lost: what you typed stays here. Try again.";

async function isReached(): Promise<boolean> {
  if (!navigator.onLine) return false;
  try {
    const reply = await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return !NOBODY.includes(reply.status);
  } catch {
    return false;
  }
}

/** Says it beside the form's buttons. */
function say(form: HTMLFormElement): void {
  const words = document.createElement("p");
  words.className = "problem unreached";
  words.setAttribute("role", "alert");
  words.textContent = WORDS;
  const actions = senders(form).at(-1)?.closest(".actions");
  if (actions) actions.before(words);
  else form.append(words);
  words.scrollIntoView({ block: "nearest" });
}

/** Sends this form only once the server has answered; otherwise the page stays, says so, and its button works again. */
export function reachFirst(form: HTMLFormElement): void {
  let asking = false;
  let reached = false;
  form.addEventListener("submit", (event) => {
    if (reached) {
      reached = false;
      return;
    }
    event.preventDefault();
    if (asking) return;
    asking = true;
    form.querySelector(".unreached")?.remove();
    for (const button of senders(form)) button.setAttribute("aria-disabled", "true");
    const { submitter } = event;
    void isReached().then((answer) => {
      asking = false;
      for (const button of senders(form)) button.removeAttribute("aria-disabled");
      // The page may have been left for another one meanwhile.
      if (!form.isConnected) return;
      if (!answer) return say(form);
      reached = true;
      form.requestSubmit(submitter);
      // Where something typed meanwhile is not valid, nothing was sent.
      reached = false;
    });
  });
}
