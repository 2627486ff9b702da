/* A mail that came, around its text: how it came, whether it is proven, who else has it, what stood below it, the mail as sent. */

import { useEffect, useState } from "../../vendor/hooks.js";
import { useComputed } from "../../vendor/signals.js";
import { html } from "../html.js";
import { others } from "../store/mails.js";
import { weekMoment, zoneName } from "../times.js";
import { rich, t, tn } from "../words.js";
import { useConsole } from "./context.js";
import { MailDetails } from "./mail-details.js";
import { size } from "./file.js";
import { Icon } from "./parts.js";

/** What stands in the head, behind the name. */
export function MailTags({ mail }) {
  if (!mail) return null;
  return html`${!mail.proven && html`<span class="tag care" title=${t("No server of ours saw that this mail comes from there.")}><${Icon} name="triangle-alert" />${t("sender not proven")}</span>`}
    ${mail.new_person && html`<span class="tag acc"><${Icon} name="user" />${t("new person")}</span>`}
    ${mail.kind === "auto" && html`<span class="tag"><${Icon} name="zap" />${t("automatic answer")}</span>`}
    ${mail.kind === "bulk" && html`<span class="tag">${t("to many people")}</span>`}
    ${mail.urgent && html`<span class="tag care"><${Icon} name="bell" />${t("sounds urgent")}</span>`}
    <${Starts} mail=${mail} />`;
}

/** Out of hours: when its clock starts. */
function Starts({ mail }) {
  const { second, zone } = useConsole();
  const waits = useComputed(() => Date.parse(mail.starts_at) > second.value).value;
  if (!mail.starts_at || mail.starts_at <= mail.received_at) return null;
  const time = `${weekMoment(mail.starts_at, zone)} ${zoneName(mail.starts_at, zone)}`;
  return html`<span class="clock ${waits ? "hold" : "run"}"><${Icon} name="timer" />${waits ? t("clock starts {time}", { time }) : t("clock started {time}", { time })}</span>`;
}

/** Above the text: what to look at first; who passed it on, and with which words. */
export function MailBanners({ mail, event }) {
  return html`<${Warning} mail=${mail} event=${event} />
    ${mail?.forwarded_by && html`<div class="passed small"><p><${Icon} name="arrow-right" />${rich(t("{name} passed this mail on"), { name: html`<b>${mail.forwarded_by.name}</b>` })}</p>
      ${mail.note && html`<p class="body" dir="auto">${mail.note}</p>`}</div>`}`;
}

function Warning({ mail, event }) {
  if (mail?.kind === "unreadable") {
    return html`<p class="banner bad"><${Icon} name="octagon-alert" /><span><b>${t("This mail could not be read.")}</b> ${t("It is kept whole, and its clock runs.")} <span class="tiny">${mail.reason}</span>
      ${" "}<a href="/m/${event.data.rid}/original" download>${t("Download the original")}</a></span></p>`;
  }
  if (mail?.too_large) {
    return html`<p class="banner care"><${Icon} name="triangle-alert" /><span><b>${t("Only the head of this mail is here.")}</b> ${t("It is larger than the desk takes ({size}); its sender was told.", { size: size(mail.too_large) })}</span></p>`;
  }
  if (mail?.review === "stranger") {
    return html`<p class="banner care"><${Icon} name="triangle-alert" /><span><b>${t("Look before you answer.")}</b> ${t("This mail answers one of ours that this sender never got: it may have been passed on. It is a ticket of its own.")}</span></p>`;
  }
  if (mail?.review === "unproven") {
    return html`<p class="banner care"><${Icon} name="triangle-alert" /><span><b>${t("Look before you answer.")}</b> ${rich(t("No server of ours saw that this mail comes from {domain}. Do not tell or change anything on its word alone."), { domain: html`<b>${mail.from.split("@").at(-1)}</b>` })}</span></p>`;
  }
  return null;
}

/** Below the text: people, quotes, the mail as it was sent, the original, every instant. */
export function MailFoot({ mail, event, ticket }) {
  const console = useConsole();
  const id = event.data.rid;
  const [open, setOpen] = useState(null); // quote, sent, details
  const [view, setView] = useState(null); // null, what was kept, "failed"
  useEffect(() => {
    if ((open !== "quote" && open !== "details") || (view && view !== "failed")) return undefined;
    let here = true;
    console.mail(id).then((found) => { if (here) setView(found ?? "failed"); });
    return () => { here = false; };
  }, [open]);
  useEffect(() => { if (open && (open === "sent" || view)) document.getElementById(`${open}-${id}`)?.scrollIntoView({ block: "nearest" }); }, [open, view]);
  const turn = (event, what) => {
    event.currentTarget.dispatchEvent(new Event("still", { bubbles: true }));
    setOpen(open === what ? null : what);
  };
  const toggle = (what, icon, words) => html`<button class="btn quiet" aria-expanded=${open === what} aria-controls="${what}-${id}" onClick=${(pressed) => turn(pressed, what)}><${Icon} name=${icon} />${words}</button>`;
  return html`${mail && html`<${Others} mail=${mail} ticket=${ticket} />`}
    <div class="mail-do">
      ${(mail?.quoted ?? view?.quote) && toggle("quote", open === "quote" ? "chevron-up" : "ellipsis", open === "quote" ? t("Hide quoted text") : t("Show quoted text"))}
      ${(mail?.html ?? view?.html) && toggle("sent", "eye", open === "sent" ? t("Hide as sent") : t("Show as sent"))}
      ${toggle("details", "info", t("Details"))}
      <a class="btn quiet" href="/m/${id}/original" download title=${t("The mail as it came, byte by byte")}><${Icon} name="download" />${t("Original")}</a>
    </div>
    <div id="quote-${id}" hidden=${open !== "quote"}>${open === "quote" && html`<${Kept} view=${view}>${view?.quote && html`<p class="quoted" dir="auto">${view.quote}</p>`}</${Kept}>`}</div>
    <div id="sent-${id}" hidden=${open !== "sent"}>${open === "sent" && html`<${AsSent} id=${id} remote=${mail?.remote ?? view.remote} />`}</div>
    <div id="details-${id}" hidden=${open !== "details"}>${open === "details" && html`<${Kept} view=${view}>${view?.mail && html`<${MailDetails} view=${view} mail=${mail} ticket=${ticket} />`}</${Kept}>`}</div>`;
}

function Kept({ view, children }) {
  if (view === "failed") return html`<p class="banner bad" role="alert"><${Icon} name="octagon-alert" /><span>${t("It did not come. Close it and try again.")}</span></p>`;
  return view ? children : null;
}

/** The HTML in a frame without an origin: nothing in it runs, and nothing is fetched but from us. */
function AsSent({ id, remote }) {
  const { settings } = useConsole();
  const [pictures, setPictures] = useState(false);
  const theme = settings.theme.value;
  const query = new URLSearchParams({ ...(theme === "system" ? {} : { theme }), ...(pictures ? { pictures: "1" } : {}) });
  return html`<div class="as-sent">
    ${remote > 0 && !pictures && html`<p class="banner"><${Icon} name="eye-off" /><span class="grow">${tn("{count} picture was not loaded: it would come from another server, and tell the sender that this mail was opened.", "{count} pictures were not loaded: they would come from other servers, and tell the sender that this mail was opened.", remote)}</span>
      <button class="btn" onClick=${() => setPictures(true)}>${t("Load pictures")}</button></p>`}
    <iframe src="/m/${id}?${query}" title=${t("The mail as it was sent")} sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>
  </div>`;
}

function Others({ mail, ticket }) {
  const console = useConsole();
  const participants = ticket.detail.value?.participants ?? [];
  const customer = console.customers.value.get(ticket.summary.value.customer?.id);
  const found = customer ? others(mail, customer, participants) : [];
  if (!found.length) return null;
  return html`<ul class="mail-to small">${found.map((one) => html`<li key=${one.address}><span class="muted">${one.here ? t("In copy, on the ticket:") : t("In copy, not on the ticket:")}</span>
    <b dir="auto" title=${one.address}>${one.name || one.address}</b>${one.name && html`<span class="muted cut">${one.address}</span>`}
    ${!one.here && html`<button class="btn quiet" onClick=${() => console.addPerson(ticket, one)}><${Icon} name="plus" />${t("Add to the ticket")}</button>`}</li>`)}</ul>`;
}
