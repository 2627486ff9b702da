/* Everything that is known of a mail that came: people, the instants in both zones to the second, links, files with their hash. */

import { html } from "../html.js";
import { exactly, weekMoment } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { size } from "./file.js";

export function MailDetails({ view, mail, ticket }) {
  const { customers, zone } = useConsole();
  const theirs = customers.value.get(ticket.summary.value.customer?.id)?.zone;
  const zones = [...new Set([zone, theirs ?? "UTC"])];
  return html`<div class="mail-d">
    <dl><${People} words=${t("From")} people=${[{ name: "", address: view.from }]} /><${People} words=${t("To")} people=${view.to.length ? view.to : (mail?.to ?? [])} />
      <${People} words=${t("Cc")} people=${view.cc.length ? view.cc : (mail?.cc ?? [])} /><${Said} words=${t("Subject")} value=${view.subject} /></dl>
    <h3>${t("When")}</h3><dl class="times">
      <${When} words=${t("Received, by its mail server")} at=${view.internal_at} zones=${zones} />
      <${When} words=${t("Counts as received")} at=${view.received_at} zones=${zones} main />
      <${When} words=${t("Sent, as the sender says")} at=${view.sent_at} zones=${zones} />
      <${When} words=${t("Taken by our server")} at=${view.relayed_at} zones=${zones} />
      <${When} words=${t("Fetched")} at=${view.polled_at} zones=${zones} />
      <${When} words=${t("Kept")} at=${view.committed_at} zones=${zones} />
      <${When} words=${t("Its clock starts")} at=${view.starts_at} zones=${zones} none=${t("starts none")} /></dl>
    ${view.links.length > 0 && html`<h3>${t("Links, and where they lead")}</h3><ul class="mail-l">${view.links.map((link) => html`<li key=${link.url}><b>${link.host || link.url}</b> <span class="muted" dir="auto">${link.text}</span></li>`)}</ul>`}
    ${view.files.length > 0 && html`<h3>${t("Files, by their content")}</h3><ul class="mail-l">${view.files.map((file) => html`<li key=${file.sha256}><b dir="auto">${file.name}</b> <span class="muted">${file.type}${file.declared === file.type ? "" : ` (${t("said to be {type}", { type: file.declared })})`}, ${size(file.bytes)}</span> <code title=${file.sha256}>${brief(file.sha256)}</code></li>`)}</ul>`}
    ${mail?.defects?.length > 0 && html`<h3>${t("What is odd about it")}</h3><ul class="mail-l">${mail.defects.map((defect) => html`<li key=${defect}>${defect}</li>`)}</ul>`}
    ${view.sha256 && html`<p class="tiny muted">${t("Original: {size}", { size: size(view.bytes) })}, <code title=${view.sha256}>${brief(view.sha256)}</code></p>`}
  </div>`;
}

const People = ({ words, people }) => people.length > 0 && html`<div><dt>${words}</dt><dd>${people.map(({ name, address }, place) => html`${place > 0 && ", "}<span dir="auto">${name && html`<b>${name}</b> `}${address}</span>`)}</dd></div>`;

const Said = ({ words, value }) => value && html`<div><dt>${words}</dt><dd dir="auto">${value}</dd></div>`;

function When({ words, at, zones, main, none = t("not known") }) {
  const [ours, theirs] = zones;
  return html`<div class=${main ? "main" : ""}><dt>${words}</dt><dd class="num">${at ? html`<time datetime=${at} title=${at}>${exactly(at, ours)}</time>${theirs && html` <span class="muted">${other(at, ours, theirs)}</span>`}` : html`<span class="muted">${none}</span>`}</dd></div>`;
}

/** The hour of the second zone; with its day when that is another. */
const other = (at, ours, theirs) => (weekMoment(at, ours).slice(0, -5) === weekMoment(at, theirs).slice(0, -5) ? exactly(at, theirs).slice(weekMoment(at, theirs).length - 5) : exactly(at, theirs));

const brief = (hash) => ["SHA-256", hash.slice(0, 16)].join(" ");
