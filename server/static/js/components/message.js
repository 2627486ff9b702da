/* One message: whose face (agents round, contacts square), when, read or not; a note has a ground, a lock and its words. */

import { html } from "../html.js";
import { hour } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Fate, FateFoot } from "./fate.js";
import { File } from "./file.js";
import { MailBanners, MailFoot, MailTags } from "./mail.js";
import { Face, Icon, Verified } from "./parts.js";

export function Message({ event, ticket }) {
  const { desk, zone } = useConsole();
  const { by, data, at } = event;
  const note = event.stream !== ticket.id;
  const theirs = by?.role === "contact" || by?.role === "visitor";
  const mine = by?.id === desk.me.value.id;
  const came = theirs && data.channel === "mail";
  const mail = came ? (ticket.mails.came.value.get(event.seq) ?? null) : null;
  const left = note || theirs ? null : (ticket.mails.left.value.get(event.seq) ?? null);
  return html`<article class="m ${note ? "note" : theirs ? "" : "us"} ${left?.state === "withdrawn" ? "gone" : ""}">
    <${Face} of=${theirs ? by : { ...by, ...desk.people.get(by?.id) }} square=${theirs} />
    <div><p class="m-h"><b>${mine ? t("You") : (by?.name || t("Visitor"))}</b>
        ${theirs && isFirst(event, ticket) && html`<${Verified} contact=${ticket.summary.value.contact} />`}
        ${note && html`<span class="tag"><${Icon} name="lock" />${t("Note, only agents see it")}</span>`}
        <time class="muted num" datetime=${mail?.received_at ?? at} title=${mail?.received_at ?? at}>${hour(mail?.received_at ?? at, zone)}</time>
        ${data.channel === "mail" && html`<span class="tag"><${Icon} name="mail" />${t("by mail")}</span>`}
        ${came && html`<${MailTags} mail=${mail} />`}
        ${left?.kind === "reply" ? html`<${Fate} mail=${left} />` : !note && !theirs && html`<${ReadMark} seq=${event.seq} ticket=${ticket} />`}</p>
      ${came && html`<${MailBanners} mail=${mail} event=${event} />`}
      ${data.body && html`<p class="body" dir="auto">${linked(data.body)}</p>`}
      ${(data.files ?? []).map((file) => html`<${File} key=${file.file} file=${file} ticket=${ticket} />`)}
      ${came && html`<${MailFoot} mail=${mail} event=${event} ticket=${ticket} />`}
      ${left && html`<${FateFoot} mail=${left} mine=${mine} ticket=${ticket} event=${event} />`}</div>
  </article>`;
}

const isFirst = (event, ticket) =>
  ticket.events.peek().find(({ kind, by }) => kind === "message" && by?.role === event.by.role) === event;

function ReadMark({ seq, ticket }) {
  const read = (ticket.summary.value.read_contact ?? 0) >= seq;
  return html`<span class="muted tiny state"><${Icon} name=${read ? "check-check" : "check"} />${read ? t("read") : t("sent")}</span>`;
}

/** Addresses become links; everything else stays the text it is. */
function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)])/).map((part, place) =>
    place % 2 ? html`<a href=${part} target="_blank" rel="noopener noreferrer nofollow">${part}</a>` : part);
}
