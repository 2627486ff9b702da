/* The ring card: who, how urgent, what they said, why it came here, how long it lasts; pick up or pass on. */

import { useLayoutEffect, useRef } from "../../vendor/hooks.js";
import { html } from "../html.js";
import { whyHere } from "../why.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Cap, Icon, Severity, Verified } from "./parts.js";

const RING_MS = 25_000;

export function RingCards() {
  const { desk, screen } = useConsole();
  const rings = desk.rings.open.value;
  if (!rings.length || screen.dialog.value?.name === "decline") return null;
  return html`<div class="rings">${rings.slice(0, 3).map((ring, place) => html`<${RingCard} key=${ring.ring} ring=${ring} first=${place === 0} />`)}</div>`;
}

function RingCard({ ring, first }) {
  const console = useConsole();
  const pick = useRef(null);
  const began = useRef(Math.max(RING_MS, Date.parse(ring.expires_at) - console.now()));
  useLayoutEffect(() => {
    const free = !document.activeElement || document.activeElement === document.body || !document.activeElement.closest("textarea, input, select, dialog");
    if (first && free) pick.current.focus();
  }, []);
  const left = Math.max(0, Date.parse(ring.expires_at) - Math.max(console.second.value, console.now()));
  const seconds = Math.ceil(left / 1000);
  const spoken = Math.min(Math.ceil(seconds / 10) * 10, Math.round(began.current / 1000)); // every ten seconds, not each
  const live = console.desk.link.value.state === "live";
  const last = console.desk.tickets.get(ring.ticket)?.summary.value.last; // who presses first writes while it rings
  const said = (last?.by_role === "contact" && last.text) || ring.text || ring.subject;
  return html`<div class="ringcard" role="alertdialog" aria-labelledby="rt-${ring.ring}" aria-describedby="rd-${ring.ring}">
    <div class="rg-top"><${Countdown} seconds=${seconds} share=${left / began.current} />
      <div class="grow"><p class="tiny muted num">${kindWords(ring.kind, seconds)}</p><h2 id="rt-${ring.ring}">${ring.customer?.name ?? t("A visitor")}</h2></div>
      <${Severity} level=${ring.severity} /></div>
    <div id="rd-${ring.ring}" class="rg-b"><p><b>${ring.contact?.name || t("Visitor")}</b> <${Verified} contact=${ring.contact} /></p>
      ${said && html`<p class="said" dir="auto">“${said}”</p>`}
      <p class="small muted">${whyHere(ring)}</p></div>
    <p class="hide" role="status">${t("{n} seconds left", { n: spoken })}</p>
    <div class="rg-f"><button ref=${pick} class="btn main grow" disabled=${!live} onClick=${() => console.pickUp(ring)}><${Icon} name="phone-incoming" />${t("Pick up")}${first && html`<${Cap} of="enter" />`}</button>
      <button class="btn" disabled=${!live} onClick=${() => console.passOn(ring)}>${t("Pass on")}${first && html`<${Cap} of="p" />`}</button></div>
  </div>`;
}

const Countdown = ({ seconds, share }) => html`<svg class="rg-c" viewBox="0 0 44 44" aria-hidden="true"><circle class="rt" cx="22" cy="22" r="19" pathLength="100" />
  <circle class="rb" cx="22" cy="22" r="19" pathLength="100" stroke-dasharray="${Math.round(Math.min(1, share) * 100)} 100" transform="rotate(-90 22 22)" />
  <text x="22" y="27" text-anchor="middle">${seconds}</text></svg>`;

const kindWords = (kind, n) =>
  kind === "join" ? t("Asked to join, {n} s left", { n }) : kind === "transfer" ? t("Handed over to you, {n} s left", { n }) : t("Ringing you, {n} s left", { n });
