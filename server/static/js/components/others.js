/* The customer's other tickets, the newest first. */

import { html } from "../html.js";
import { statusName, t } from "../words.js";
import { useConsole } from "./context.js";
import { Severity } from "./parts.js";

export function Others({ tickets = [], but }) {
  const console = useConsole();
  const others = tickets.filter(({ ticket }) => ticket !== but);
  if (!others.length) return null;
  const open = others.filter(({ status }) => !["solved", "closed"].includes(status)).length;
  return html`<section><h3>${t("Other tickets")} <span class="muted num">${t("{n} open", { n: open })}</span></h3><ul class="who-l">
    ${others.map((summary) => html`<li key=${summary.ticket}><${Severity} level=${summary.severity} />
      <a class="grow cut" dir="auto" href="#ticket/${summary.ticket}" title=${summary.subject} onClick=${(event) => { event.preventDefault(); console.open(summary.ticket); }}>${summary.subject || summary.number}</a>
      <span class="small muted">${statusName(summary.status)}</span></li>`)}
  </ul></section>`;
}
