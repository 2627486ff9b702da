/* One message: whose face (agents round, contacts square), when, read or not; a note has a ground, a lock and its words. */

import { html } from "../html.js";
import { hour } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { File } from "./file.js";
import { Face, Icon, Verified } from "./parts.js";

export function Message({ event, ticket }) {
  const { desk, zone } = useConsole();
  const { by, data, at } = event;
  const note = event.stream !== ticket.id;
  const theirs = by?.role === "contact" || by?.role === "visitor";
  const mine = by?.id === desk.me.value.id;
  return html`<article class="m ${note ? "note" : theirs ? "" : "us"}">
    <${Face} of=${theirs ? by : { ...by, ...desk.people.get(by?.id) }} square=${theirs} />
    <div><p class="m-h"><b>${mine ? t("You") : (by?.name || t("Visitor"))}</b>
        ${theirs && isFirst(event, ticket) && html`<${Verified} contact=${ticket.summary.value.contact} />`}
        ${note && html`<span class="tag"><${Icon} name="lock" />${t("Note, only agents see it")}</span>`}
        <time class="muted num" datetime=${at} title=${at}>${hour(at, zone)}</time>
        ${data.channel === "mail" && html`<span class="tag"><${Icon} name="mail" />${t("by mail")}</span>`}
        ${!note && !theirs && html`<${ReadMark} seq=${event.seq} ticket=${ticket} />`}</p>
      ${data.body && html`<p class="body" dir="auto">${linked(data.body)}</p>`}
      ${(data.files ?? []).map((file) => html`<${File} key=${file.file} file=${file} ticket=${ticket} />`)}</div>
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
