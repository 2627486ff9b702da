/* Who answers this customer: named agent, ranked stand-ins, second level; where each is now and how full. */

import { html } from "../html.js";
import { presence } from "../store/people.js";
import { comeBack } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Face } from "./parts.js";

export function Answers({ customer, ticket }) {
  const { desk } = useConsole();
  const all = [...desk.people.all.value.values()];
  const ranked = [[customer.named, t("named")], ...(customer.stand_ins ?? []).map((person, place) => [person, rank(place)])].filter(([person]) => person);
  const known = new Set(ranked.map(([{ id }]) => id));
  const technical = all.filter((person) => person.teams?.includes("technical") && !known.has(person.id)).map((person) => [person, t("technical")]);
  const serving = ticket.summary.value.chat?.serving?.id;
  return html`<section><h3>${t("Who answers")}</h3><ul class="who-l">
    ${[...ranked, ...technical].map(([person, role]) => html`<${Person} key=${person.id} person=${{ ...person, ...desk.people.get(person.id) }} role=${role} serving=${person.id === serving} />`)}
  </ul>${!ranked.length && html`<p class="small muted">${t("Nobody is named: whoever is free of the pool.")}</p>`}</section>`;
}

function Person({ person, role, serving }) {
  const console = useConsole();
  const me = person.id === console.desk.me.value.id;
  return html`<li><${Face} of=${person} person=${person} /><span class="grow" title=${person.name}><b>${person.name}</b> <span class="muted whole">${role}</span></span>
    <span class="small ${me || serving ? "" : "muted"}">${serving ? (me ? t("you, here") : t("in the chat")) : [me ? t("you") : "", where(person, console)].filter(Boolean).join(", ")}</span></li>`;
}

/** "free", "2 of 3 chats", "away", "off till Mon" */
function where(person, { now, zone }) {
  const state = presence(person);
  if (person.absent_until) return t("off till {time}", { time: comeBack(person.absent_until, now(), zone) });
  if (state !== "available") return state === "away" ? t("away") : t("offline");
  if (!person.capacity) return t("here");
  return person.load ? t("{load} of {capacity} chats", { load: person.load, capacity: person.capacity }) : t("free");
}

const rank = (place) => [t("1st stand-in"), t("2nd stand-in"), t("3rd stand-in")][place] ?? t("{n}th stand-in", { n: place + 1 });

