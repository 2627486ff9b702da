/* Above the text of an answer that leaves as a mail: to whom, in copy to whom, and what stands under it. */

import { html } from "../html.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

export function GoesByMail({ ticket, draft, mail }) {
  const { composer } = useConsole();
  const left = draft.cc === null ? [] : mail.cc.filter(({ id }) => !draft.cc.includes(id));
  const cc = mail.cc.filter((one) => !left.includes(one));
  const choose = (chosen) => composer.copyTo(ticket, chosen.length === mail.cc.length ? null : chosen.map(({ id }) => id));
  return html`<div class="by-mail small"><p><${Icon} name="mail" /><span class="muted">${t("Goes by mail to")}</span> <${Name} of=${mail.to} /></p>
    ${mail.cc.length > 0 && html`<p><span class="muted">${t("Cc")}</span>
      ${cc.map((one) => html`<span class="chip" key=${one.id}><${Name} of=${one} /><button class="btn quiet icon" aria-label=${t("No copy to {name}", { name: one.name || one.email })} onClick=${() => choose(cc.filter((other) => other !== one))}><${Icon} name="x" /></button></span>`)}
      ${left.map((one) => html`<button class="btn quiet" key=${one.id} onClick=${() => choose([...cc, one])}><${Icon} name="plus" />${one.name || one.email}</button>`)}</p>`}</div>`;
}

const Name = ({ of }) => html`<b title=${of.email}>${of.name || of.email}</b>`;

export function Signature() {
  const { desk } = useConsole();
  const { name, signature, title } = desk.me.value;
  const words = signature || [name, title].filter(Boolean).join("\n");
  return html`<p class="signature tiny muted" aria-label=${t("Your signature")} dir="auto">${words}</p>`;
}
