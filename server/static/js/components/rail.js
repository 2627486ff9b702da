/* The rail: who I am and how present, the views with their counts, who waits, and how fresh the picture is. */

import { useState } from "../../vendor/hooks.js";
import { html } from "../html.js";
import { presence } from "../store/people.js";
import { hour, span, zoneName } from "../times.js";
import { presenceName, t } from "../words.js";
import { useConsole } from "./context.js";
import { Me } from "./me.js";
import { Face, Icon, Severity } from "./parts.js";
import { viewIcon, viewName } from "./views.js";

export function Rail() {
  const console = useConsole();
  return html`<nav class="rail" aria-label=${t("Main")}>
    <a class="brand" href="/console" aria-label=${document.body.dataset.desk || "Vipdesk"}><${Icon} name="logo" /><span class="lbl">${document.body.dataset.desk || "Vipdesk"}</span></a>
    <${MeButton} />
    <ul class="nav">${["mine", "customers", "waiting", "all"].map((view) => html`<${View} key=${view} view=${view} />`)}</ul>
    <h2 class="lbl">${t("Teams")}</h2>
    <ul class="nav">${["technical", "pool"].map((view) => html`<${View} key=${view} view=${view} />`)}</ul>
    <h2 class="lbl">${t("Done")}</h2>
    <ul class="nav"><${View} view="solved" /></ul>
    <${Queue} console=${console} />
    <${Fresh} />
  </nav>`;
}

function MeButton() {
  const { desk } = useConsole();
  const me = desk.me.value;
  const [open, setOpen] = useState(false);
  const close = (event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); };
  const escape = (event) => { if (event.key === "Escape" && open) { event.preventDefault(); setOpen(false); } };
  return html`<div class="me-box" onFocusOut=${close} onKeyDown=${escape}>
    <button class="me" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <${Face} of=${me} person=${me} />
      <span class="lbl grow"><b>${presenceName(presence(me))}</b><span class="muted tiny">${load(me)}</span></span>
      <span class="hide">${me.name}: ${presenceName(presence(me))}</span>
      <span class="lbl"><${Icon} name="chevron-down" /></span>
    </button>
    ${open && html`<div class="menu"><${Me} done=${() => setOpen(false)} /></div>`}
  </div>`;
}

const load = (me) =>
  me.capacity ? t("{load} of {capacity} chats", { load: me.load ?? 0, capacity: me.capacity }) : me.name;

function View({ view }) {
  const console = useConsole();
  const { list } = console;
  const count = list.counts.value[view];
  const here = list.view.value === view && !list.q.value;
  return html`<li><a href="#${view}" title=${viewName(view)} aria-current=${here ? "page" : undefined} onClick=${(event) => { event.preventDefault(); console.show(view); }}>
    <${Icon} name=${viewIcon(view)} /><span class="lbl grow">${viewName(view)}</span>
    <span class="hide">${viewName(view)}</span>
    ${count !== undefined && html`<span class="count num ${view === "waiting" && count ? "new" : ""}">${count}</span>`}
  </a></li>`;
}

function Queue({ console }) {
  const queue = console.queue();
  if (!queue.length) return html`<div class="queue lbl"><h2>${t("Queue")}</h2><p class="none">${t("Nobody waits")}</p></div>`;
  const now = console.second.value;
  return html`<div class="queue lbl"><h2>${t("Queue")} <span class="num">${queue.length}</span></h2><ul>
    ${queue.slice(0, 6).map((summary) => html`<li key=${summary.ticket}><button class="queued" onClick=${() => console.open(summary.ticket)}>
      <${Severity} level=${summary.severity} /><span class="cut grow">${summary.customer?.name ?? summary.subject}</span>
      <span class="num muted">${span(now - Date.parse(summary.chat.waiting_since ?? new Date(now)))}</span>
    </button></li>`)}
  </ul></div>`;
}

function Fresh() {
  const { desk, second, zone } = useConsole();
  const { state, since } = desk.link.value;
  const now = second.value;
  if (state === "live") return html`<p class="live"><span class="dotlive" aria-hidden="true"></span><span class="lbl num">${t("Live, {time}", { time: `${hour(now, zone)} ${zoneName(now, zone)}` })}</span><span class="hide">${t("Live")}</span></p>`;
  const words = since ? t("As of {time}", { time: `${hour(since, zone)} ${zoneName(since, zone)}` }) : t("Connecting");
  return html`<p class="live lost"><${Icon} name="wifi-off" /><span class="lbl num">${words}</span><span class="hide">${words}</span></p>`;
}
