/* The log: both streams merged by time, days told apart, what is new since writing began, what is not sent yet, who types. */

import { useEffect, useRef } from "../../vendor/hooks.js";
import { html } from "../html.js";
import { line } from "../lines.js";
import { longDay, sameDay, second } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Message } from "./message.js";
import { Icon, Skeleton } from "./parts.js";
import { Unsent } from "./unsent.js";

export function Log({ ticket }) {
  const console = useConsole();
  const inside = useRef(null);
  const events = ticket.events.value;
  const base = console.drafts.of(ticket.id, "reply").value.base;
  const waiting = console.unsent(ticket);
  const mine = (event) => event?.by?.id === console.desk.me.value.id && event.kind === "message";
  useStay(inside, events, waiting.length > 0 || mine(events.at(-1)));
  return html`<div class="log" role="log" aria-label=${t("Conversation")} tabindex="0" ref=${inside}><div class="log-in">
    ${ticket.older && html`<button class="btn quiet earlier" onClick=${() => console.looking.earlier(ticket)}>${t("Earlier messages")}</button>`}
    ${!ticket.opened.value && !events.length && html`<${Skeleton} rows=${4} label=${t("Loading the conversation")} />`}
    ${entries(events, { ticket, console, base })}
    ${waiting.map((message) => html`<${Unsent} key=${message.rid} message=${message} />`)}
    <${Typing} ticket=${ticket} />
  </div></div>`;
}

/** At the end the log stays at the end, and what one says oneself goes there; further up, what is read does not move. */
function useStay(inside, events, said) {
  const atEnd = useRef(true);
  useEffect(() => {
    const box = inside.current;
    const watch = () => { atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40; };
    const grow = new ResizeObserver(() => { if (atEnd.current) box.scrollTop = box.scrollHeight; });
    const still = () => { atEnd.current = false; }; // something is opened: it stays where it is
    box.addEventListener("scroll", watch, { passive: true });
    box.addEventListener("still", still);
    grow.observe(box);
    grow.observe(box.firstElementChild);
    return () => { box.removeEventListener("scroll", watch); box.removeEventListener("still", still); grow.disconnect(); };
  }, []);
  useEffect(() => { if (atEnd.current || said) inside.current.scrollTop = inside.current.scrollHeight; }, [events, said]);
}

function entries(events, { ticket, console, base }) {
  const { zone } = console;
  const shown = [];
  let before = null;
  let told = false;
  for (const event of events) {
    const entry = drawn(event, ticket, console);
    if (!entry) continue;
    if (!before || !sameDay(before, event.at, zone)) shown.push(html`<p class="day" key="day ${event.at}"><span>${longDay(event.at, zone)}</span></p>`);
    before = event.at;
    if (!told && isNew(event, ticket, base, console)) {
      told = true;
      shown.push(html`<p class="newline" key="new"><span>${t("New since you began writing")}</span></p>`);
    }
    shown.push(entry);
  }
  return shown;
}

function drawn(event, ticket, console) {
  const key = `${event.stream} ${event.seq}`;
  if (event.kind === "message") return html`<${Message} key=${key} event=${event} ticket=${ticket} />`;
  const said = line(event);
  if (!said) return null;
  return html`<p class="ev" key=${key}><${Icon} name=${said.icon} /><span>${said.words}</span><time class="num" datetime=${event.at}>${second(event.at, console.zone)}</time></p>`;
}

const isNew = (event, ticket, base, console) =>
  base !== null && event.kind === "message" && event.stream === ticket.id && event.seq > base && event.by?.id !== console.desk.me.peek().id;

function Typing({ ticket }) {
  const names = ticket.typing.value.map(({ by }) => (by.name ?? t("The contact")).split(" ")[0]);
  return html`<p class="typing muted small" role="status">${names.length > 0 && html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${t("{name} is typing", { name: names.join(", ") })}`}</p>`;
}
