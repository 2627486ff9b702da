/* The customer's contacts: who they are and who is on the page now. */

import { html } from "../html.js";
import { t } from "../words.js";
import { Face } from "./parts.js";

export function Contacts({ contacts = [] }) {
  if (!contacts.length) return null;
  return html`<section><h3>${t("Contacts")} <span class="muted num">${contacts.length}</span></h3><ul class="who-l">
    ${contacts.map((contact) => html`<li key=${contact.id}><${Face} of=${contact} square /><span class="grow" title=${contact.email ?? contact.name}><b>${contact.name || t("Visitor")}</b> <span class="muted">${about(contact)}</span></span>
      ${contact.present ? html`<span class="row tiny here"><span class="dotlive" aria-hidden="true"></span>${t("on the page")}</span>` : contact.verified ? null : html`<span class="tiny muted">${t("unverified")}</span>`}</li>`)}
  </ul></section>`;
}

const about = ({ title, coordinator }) => [title, coordinator ? t("coordinator") : ""].filter(Boolean).join(", ");
