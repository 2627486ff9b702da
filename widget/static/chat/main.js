/* Starts the chat in its frame (or as a page of its own) and talks with the button's page, whose origin it learns from the hello. */

import { load } from "../wire/texts.js";
import { App } from "./app.js";

const { key, policy, texts, speaks, state } = document.body.dataset; // speaks: what the visitor speaks, whatever we have texts for
const { lang } = document.documentElement;
const framed = parent !== window;
const asked = new Map();
let page = null; // the origin of the button's page: frame-ancestors lets only allowed ones hold us

const host = !framed ? null : {
  post: (type, more) => page && parent.postMessage({ vipdesk: type, ...more }, page),
  /** What the site signed for this person, or null. */
  token: () =>
    new Promise((done) => {
      const id = crypto.randomUUID();
      asked.set(id, done);
      setTimeout(done, 3000, null);
      host.post("token", { id });
    }),
};

const started = load(lang, texts).then(() => new App({ key, policy, lang, speaks, state, host, root: document.querySelector("main") }));
document.body.classList.toggle("page", !framed);

const heard = {
  hello({ active }) {
    host.post("ready");
    if (active) app.start();
  },
  show: () => app.show(),
  hide: () => app.hidden(),
  token: ({ id, jwt }) => asked.get(id)?.(jwt),
};

// Heard from the first moment, while the texts are still on their way: the page greets only once.
addEventListener("message", async ({ source, origin, data }) => {
  if (!framed || source !== parent || (page && origin !== page) || !Object.hasOwn(heard, data?.vipdesk)) return;
  page = origin;
  await started;
  heard[data.vipdesk](data);
});
const app = await started;

addEventListener("pointerdown", ({ target }) => {
  const menu = document.querySelector("details[open]");
  if (menu && !menu.contains(target)) menu.open = false;
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details[open]");
  if (menu) menu.open = false;
  else if (app.sheet) app.rise();
  else app.hide();
});

if (!framed) {
  app.shown = true;
  app.draw();
}
