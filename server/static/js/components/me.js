/* My own menu: status, automatic answer, sound, keys, theme, the way out. In the rail a menu, on a phone a pane. */

import { html } from "../html.js";
import { presence } from "../store/people.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

export function Me({ done = () => null }) {
  const console = useConsole();
  const { desk, settings } = console;
  const me = desk.me.value;
  const now = presence(me);
  const status = (value) => () => { console.verbs.presence(value); done(); };
  return html`<div class="me-menu">
    <p class="me-name"><b>${me.name}</b><span class="muted small">${me.title ?? me.email}</span></p>
    <fieldset><legend>${t("Status")}</legend>
      <${Choice} name="status" on=${now === "available"} pick=${status("available")} shape="" label=${t("Available")} hint=${t("rings reach you")} />
      <${Choice} name="status" on=${now === "away"} pick=${status("away")} shape="away" label=${t("Away")} hint=${t("stand-ins are rung")} />
      <${Choice} name="status" on=${now === "off"} pick=${status("offline")} shape="off" label=${t("Offline")} hint=${t("as if you were not here")} />
    </fieldset>
    <${Switch} label=${t("Answer automatically")} hint=${t("chats open at once, without a ring")} on=${Boolean(me.auto_answer)} flip=${() => console.toggleAuto()} />
    <${Switch} label=${t("Sound of the ring")} on=${settings.sound.value === "on"} flip=${() => settings.toggle("sound")} />
    <${Switch} label=${t("Single keys")} hint=${t("Ctrl K and ? stay")} on=${settings.keys.value === "on"} flip=${() => settings.toggle("keys")} />
    <${Theme} settings=${settings} />
    <${Notify} />
    <a class="btn wide" href="/account"><${Icon} name="user" />${t("Password and second step")}</a>
    ${console.administers() && html`<a class="btn wide" href="/admin"><${Icon} name="sliders-horizontal" />${t("Administration")}</a>`}
    <button class="btn wide" onClick=${() => console.signOut()}><${Icon} name="log-out" />${t("Sign out")}</button>
  </div>`;
}

const Choice = ({ name, on, pick, shape, label, hint }) => html`<label class="choice">
  <input type="radio" name=${name} checked=${on} onChange=${pick} /><span class="pres ${shape}"></span>
  <span class="grow">${label} <span class="muted small">${hint}</span></span></label>`;

const Switch = ({ label, hint, on, flip }) => html`<label class="choice">
  <span class="grow">${label}${hint && html` <span class="muted small">${hint}</span>`}</span>
  <input type="checkbox" role="switch" checked=${on} onChange=${flip} /></label>`;

const Theme = ({ settings }) => html`<fieldset class="themes"><legend>${t("Theme")}</legend><span class="seg">
  ${[["system", t("System")], ["light", t("Light")], ["dark", t("Dark")]].map(([value, label]) => html`<label>
    <input type="radio" name="theme" checked=${settings.theme.value === value} onChange=${() => { settings.theme.value = value; }} /><span>${label}</span></label>`)}
</span></fieldset>`;

function Notify() {
  const { ringer } = useConsole();
  if (!ringer || ringer.permission.value !== "default") return null;
  return html`<button class="btn wide" onClick=${() => ringer.allow()}><${Icon} name="bell" />${t("Notify me of rings")}</button>`;
}
