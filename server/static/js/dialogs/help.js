/* Help: every key of the table of actions, by group. Made from the table, so that it cannot lie. */

import { ACTIONS } from "../actions.js";
import { useConsole } from "../components/context.js";
import { Keys } from "../components/parts.js";
import { html } from "../html.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";

export function Help() {
  const { settings } = useConsole();
  const groups = [["move", t("Move")], ["answer", t("Answer")], ["act", t("Act")]];
  const on = settings.keys.value === "on";
  return html`<${Dialog} title=${t("Keys")} wide>
    <div class="keys">${groups.map(([group, name]) => html`<section key=${group}><h3>${name}</h3><dl>
      ${ACTIONS.filter((action) => action.group === group && action.keys.length).map((action) => html`<div key=${action.id} data-action=${action.id}><dt>${action.words()}</dt><dd><${Keys} of=${action.keys[0]} /></dd></div>`)}</dl></section>`)}</div>
    <label class="choice"><input type="checkbox" role="switch" checked=${on} onChange=${() => settings.toggle("keys")} /><span>${t("Single keys")} <span class="muted small">${t("They rest while you type.")}</span></span></label>
  </${Dialog}>`;
}
