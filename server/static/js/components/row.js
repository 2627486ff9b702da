/* One ticket of the list, in two lines: severity, customer, chat state; subject, who has it. */

import { useLayoutEffect, useRef } from "../../vendor/hooks.js";
import { useComputed } from "../../vendor/signals.js";
import { html } from "../html.js";
import { running, waits } from "../store/summary.js";
import { exactly, moment, span, zoneName } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon, Severity } from "./parts.js";

const CHANNELS = { chat: "message-circle", mail: "mail", call: "phone", voicemail: "phone" };

export function Row({ id }) {
  const console = useConsole();
  const link = useRef(null);
  const selected = useComputed(() => console.screen.ticket.value === id).value;
  const cursor = useComputed(() => console.screen.cursor.value === id || (!console.screen.cursor.value && console.list.ids.value[0] === id)).value;
  const summary = console.desk.tickets.get(id).summary.value;
  useFollow(console, id, link);
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    console.open(id);
  };
  const name = summary.customer?.name || summary.contact?.name || summary.subject;
  return html`<div role="listitem"><a ref=${link} class="tk ${selected ? "sel" : ""} ${summary.unread ? "unread" : ""}" href="#ticket/${id}" tabindex=${cursor ? 0 : -1}
      aria-current=${selected ? "true" : undefined} onClick=${open}>
    <${Severity} level=${summary.severity} />
    <span class="tk-a cut" title=${name}>${running(summary) && html`<span class="dotlive ${waits(summary) || summary.chat.state === "grace" ? "hollow" : ""}" aria-hidden="true"></span>`}${name}</span>
    <${State} summary=${summary} />
    <span class="tk-r"><span class="tk-b cut" dir="auto" title=${summary.subject}>${summary.subject || t("No subject yet")}</span><${Who} summary=${summary} /></span>
  </a></div>`;
}

/** The cursor moved here by a key: the row takes the focus unless somebody types or answers something else. */
function useFollow(console, id, link) {
  useLayoutEffect(() => {
    let first = true;
    return console.screen.cursor.subscribe((cursor) => {
      const moved = !first && cursor === id && console.screen.ticket.peek() !== id;
      first = false;
      if (moved && !document.activeElement?.closest("textarea, input, dialog, .ringcard")) link.current.focus({ preventScroll: false });
    });
  }, [id]);
}

/** Until clocks run: what the chat does, how much is unread, or when something last happened. */
function State({ summary }) {
  const { desk, second, zone } = useConsole();
  const starts = useComputed(() => Date.parse(desk.tickets.get(summary.ticket).summary.value.starts_at) > second.value).value;
  if (waits(summary)) return html`<${Waits} summary=${summary} />`;
  if (summary.in_doubt) return html`<span class="tag care" title=${t("Nobody knows whether a mail arrived: say whether it goes again.")}><${Icon} name="triangle-alert" />${t("arrived?")}</span>`;
  if (starts) return html`<${Starts} at=${summary.starts_at} />`;
  if (summary.unread) return html`<span class="count new num"><span class="hide">${t("Unread")}: </span>${summary.unread}</span>`;
  if (!summary.last_at) return null;
  return html`<time class="tiny muted num" datetime=${summary.last_at}>${moment(summary.last_at, second.peek(), zone)}</time>`;
}

function Waits({ summary }) {
  const { second } = useConsole();
  const since = Date.parse(summary.chat.waiting_since ?? new Date(second.peek()));
  return html`<span class="clock run"><${Icon} name="clock" /><span class="hide">${t("Waits for")} </span>${span(second.value - since)}</span>`;
}

/** A mail that came out of hours: its clock has not started. */
function Starts({ at }) {
  const { second, zone } = useConsole();
  return html`<span class="clock hold" title=${exactly(at, zone)}><${Icon} name="timer" />${t("starts {time}", { time: `${moment(at, second.peek(), zone)} ${zoneName(at, zone)}` })}</span>`;
}

function Who({ summary }) {
  const { desk } = useConsole();
  const me = desk.me.value.id;
  const { chat, owner } = summary;
  const first = (person) => (person.id === me ? t("you") : person.name.split(" ")[0]);
  const words =
    chat?.state === "live" && chat.serving ? t("live, {name}", { name: first(chat.serving) })
    : chat?.state === "grace" ? t("line lost")
    : summary.status === "solved" ? t("solved")
    : summary.status === "closed" ? t("closed")
    : owner ? first(owner)
    : t("nobody yet");
  const icon = summary.status === "solved" || summary.status === "closed" ? "circle-check" : (CHANNELS[summary.channel] ?? "message-circle");
  return html`<span class="tk-c tiny ${chat?.state === "live" ? "" : "muted"}"><${Icon} name=${icon} />${words}</span>`;
}
