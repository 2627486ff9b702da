/* The side: customer and playbook, who answers, why it came here, hours in both zones, contacts, other tickets. */

import { html } from "../html.js";
import { day } from "../times.js";
import { t } from "../words.js";
import { Answers } from "./answers.js";
import { Contacts } from "./contacts.js";
import { useConsole } from "./context.js";
import { Hours } from "./hours.js";
import { Others } from "./others.js";
import { Face, Icon, Skeleton } from "./parts.js";
import { Why } from "./why.js";

export function Side() {
  const console = useConsole();
  const ticket = console.current();
  if (!ticket) return null;
  const summary = ticket.summary.value;
  const customer = console.customers.value.get(summary.customer?.id);
  return html`<aside class="side" aria-label=${t("Customer and ticket")}>
    <${Head} summary=${summary} customer=${customer} />
    ${customer ? html`
      <${Answers} customer=${customer} ticket=${ticket} />
      <${Why} ticket=${ticket} />
      <${Hours} hours=${customer.hours} zone=${customer.zone} />
      <${Contacts} contacts=${customer.contacts} />
      <${Others} tickets=${customer.tickets} but=${ticket.id} />` : html`<section><${Skeleton} rows=${4} label=${t("Loading the customer")} /></section>`}
  </aside>`;
}

function Head({ summary, customer }) {
  const console = useConsole();
  const { screen } = console;
  const back = () => { if (screen.pane.peek() === "side") screen.pane.value = "ticket"; screen.side.value = false; };
  return html`<section class="who-head"><div class="row"><button class="btn quiet icon only-small" aria-label=${t("Back to the conversation")} onClick=${back}><${Icon} name="arrow-left" large /></button>
      <${Face} of=${summary.customer} square big /><div class="grow"><h2 class="cut" title=${summary.customer?.name}>${summary.customer?.name ?? t("Unknown visitor")}</h2>
        <p class="small muted">${addOn(customer?.add_on, console.zone)}</p></div>
      ${customer?.add_on?.state === "valid" && html`<span class="tag acc">VIP</span>`}</div>
    ${customer?.playbook && html`<p class="playbook"><${Icon} name="star" /><span>${customer.playbook}</span></p>`}</section>`;
}

function addOn(entitlement, zone) {
  if (!entitlement || entitlement.state === "none") return t("No add-on: standard support");
  const plan = entitlement.plan ?? "";
  if (entitlement.state === "not_started") return t("{plan}, from {date}", { plan, date: day(entitlement.since, zone) });
  if (entitlement.state === "expired") return t("{plan}, ended {date}", { plan, date: day(entitlement.until, zone) });
  return entitlement.until ? t("{plan}, add-on until {date}", { plan, date: day(entitlement.until, zone) }) : t("{plan}, add-on without end", { plan });
}
