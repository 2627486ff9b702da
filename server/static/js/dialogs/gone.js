/* A ticket that could not be opened: cause, what is kept, next step. Forbidden and missing are one answer. */

import { useConsole } from "../components/context.js";
import { html } from "../html.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";

export function Gone({ ticket, status }) {
  const console = useConsole();
  const missing = status === 404 || status === 403;
  const close = () => { console.screen.close(); console.looking.away(); console.screen.pane.value = "list"; };
  const again = () => { console.screen.close(); console.open(ticket); };
  return html`<${Dialog} title=${missing ? t("Not here") : t("The ticket did not come")} close=${close}>
    <p>${missing ? t("This ticket is not here, or not for you to see.") : t("The desk did not answer. What you wrote is kept.")}</p>
    ${status > 0 && html`<p class="tiny muted">${t("Code {code}", { code: status })}</p>`}
    <div class="row ends"><button class="btn" onClick=${close}>${t("Back to the list")}</button>${!missing && html`<button class="btn main" onClick=${again}>${t("Try again")}</button>`}</div>
  </${Dialog}>`;
}
