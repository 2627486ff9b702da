/* Start of the console: reads what the page was given, loads the texts, opens the line, draws the screen. */

import { effect } from "../vendor/signals-core.js";
import { h, render } from "../vendor/preact.js";
import { Line } from "../widget/wire/line.js";
import { load } from "../widget/wire/texts.js";
import { ACTIONS } from "./actions.js";
import { Addresses } from "./addresses.js";
import { App } from "./components/app.js";
import { Console } from "./console.js";
import { Keyboard } from "./keys.js";
import { Rest } from "./rest.js";
import { Ringer } from "./ringer.js";
import { Settings } from "./settings.js";
import { t } from "./words.js";

const page = document.body.dataset;

async function start() {
  await load(document.documentElement.lang, page.texts);
  const me = JSON.parse(page.agent);
  let line = null;
  const console = new Console({
    me,
    zone: page.zone || "Europe/Berlin",
    rest: new Rest(page.csrf, () => console.lost()),
    settings: new Settings(localStorage, document.documentElement),
    storage: localStorage,
    now: () => line?.clock.now() ?? Date.now(),
  });
  line = new Line({
    audience: "agent",
    credentials: async () => ({ csrf: page.csrf }),
    lang: document.documentElement.lang,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    who: `agent:${me.id}`,
    on: console.ears,
  });
  console.wire = line;
  console.ringer = new Ringer(console);
  new Keyboard(ACTIONS, console).connect(document);
  effect(() => { document.title = `${console.title()} – ${page.desk || t("Vipdesk")}`; });
  line.start();
  console.connect();
  console.ringer.connect();
  new Addresses(console).connect();
  document.getElementById("console").replaceChildren();
  render(h(App, { console }), document.getElementById("console"));
}

start();
