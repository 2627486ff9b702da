/* What became of an answer that left as a mail: a word in its head, and below it whom it did not reach and why. */

import { html } from "../html.js";
import { icon, plainReason, stateMeans, stateWords } from "../delivery.js";
import { hour, second } from "../times.js";
import { rich, t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

export function Fate({ mail }) {
  const { now, second: tick, zone } = useConsole();
  const left = mail.state === "queued" && mail.send_at ? Math.ceil((Date.parse(mail.send_at) - Math.max(now(), tick.value)) / 1000) : 0;
  const vouched = mail.state === "accepted" ? mail.vouched : null;
  const words = left > 0 ? t("leaves in {n} s", { n: left }) : vouched ? t("arrived, says {name}", { name: vouched.name.split(" ")[0] }) : neverLeft(mail) ? t("did not leave") : stateWords(mail.state);
  const means = vouched ? t("The mail server's last word was not heard. It counts from {time}, when all of the mail was handed over.", { time: second(mail.accepted_at, zone) })
    : mail.state === "accepted" && mail.accepted_at ? t("The mail server took it at {time}.", { time: second(mail.accepted_at, zone) }) : stateMeans(mail.state);
  const tone = { bounced: "bad", ambiguous: "care", deferred: "care" }[mail.state];
  return html`<span class=${tone ? `tag ${tone}` : "muted tiny state"} title=${means}><${Icon} name=${icon(mail.state)} />${words}</span>`;
}

/** Only where something is wrong, or not the same for all. */
export function FateFoot({ mail, mine, ticket, event }) {
  const console = useConsole();
  const last = mail.seqs.at(-1) === event.seq; // of the messages that it carries
  const bounced = mail.recipients.filter(({ state }) => state === "bounced");
  const differ = new Set(mail.recipients.map(({ state }) => state)).size > 1;
  const slow = mail.recipients.filter(({ state, reason }) => state === "deferred" && reason);
  return html`${bounced.map((one) => html`<p class="banner bad" key=${one.address}><${Icon} name="mail" /><span><b>${rich(bouncedWords(one, mail, mine), { name: one.name || one.address, time: hour(one.at, console.zone) })}</b>
      ${" "}${plainReason(one.reason, mail.left !== false)} ${mail.state === "bounced" && t("The clock goes on.")} ${one.reason && html`<span class="tiny" dir="auto">${one.reason}</span>`}</span></p>`)}
    ${slow.map((one) => html`<p class="small muted" key=${one.address}>${one.name || one.address}: ${plainReason(one.reason)} <span class="tiny" dir="auto">${one.reason}</span></p>`)}
    ${last && neverLeft(mail) && html`<${Unsent} mail=${mail} ticket=${ticket} event=${event} mine=${mine} />`}
    ${mail.asked_at && last && html`<${Doubt} mail=${mail} ticket=${ticket} />`}
    ${mail.alarm === "late" && mail.state !== "bounced" && mail.state !== "ambiguous" && html`<p class="banner care"><${Icon} name="triangle-alert" /><span><b>${t("It has not left yet.")}</b> ${t("No mail server has taken it so far. The clock goes on.")}</span></p>`}
    ${differ && html`<ul class="fates tiny">${mail.recipients.map((one) => html`<li key=${one.address} title=${one.address}><${Icon} name=${icon(one.state)} />${one.name || one.address}: ${stateWords(one.state)}</li>`)}</ul>`}`;
}

const neverLeft = ({ state, left }) => state === "bounced" && left === false;

function bouncedWords({ role }, { left }, mine) {
  if (left === false) return role === "cc" ? t("The copy for {name} did not leave.") : mine ? t("Your reply to {name} did not leave.") : t("The reply to {name} did not leave.");
  return role === "cc" ? t("The copy for {name} bounced at {time}.") : mine ? t("Your reply to {name} bounced at {time}.") : t("The reply to {name} bounced at {time}.");
}

/** Nothing of it was handed over: it is tried anew as it is, or its writer has it back to change it. */
function Unsent({ mail, ticket, event, mine }) {
  const console = useConsole();
  const live = console.desk.link.value.state === "live";
  const leave = (pressed) => pressed.currentTarget.closest(".log")?.focus(); // the buttons go
  return html`<p class="acts">${mine && html`<button class="btn" disabled=${!live} onClick=${(pressed) => { leave(pressed); console.takeBackUnsent(ticket, mail, event); }}><${Icon} name="rotate-ccw" />${t("Take back")}</button>`}
    <button class="btn" disabled=${!live} onClick=${(pressed) => { leave(pressed); console.decide(ticket, mail, "tryAgain"); }}><${Icon} name="send" />${t("Try again")}</button></p>`;
}

/** Nobody knows whether it arrived: what is known, and the two answers there are. */
function Doubt({ mail, ticket }) {
  const console = useConsole();
  const live = console.desk.link.value.state === "live";
  const names = mail.recipients.filter(({ state }) => state === "ambiguous").map((one) => one.name || one.address).join(", ");
  const decide = (event, verb) => {
    event.currentTarget.closest(".log")?.focus(); // the buttons go
    console.decide(ticket, mail, verb);
  };
  return html`<div class="banner care doubt" role="group" aria-label=${t("Did this mail arrive?")}><${Icon} name="triangle-alert" /><div>
    <p><b>${t("Nobody knows whether this arrived.")}</b> ${rich(t("The server may have it already: its last word was not heard, and nothing has proved so far whether it has. Sent again, {name} could get it twice."), { name: html`<b>${names}</b>` })}</p>
    <p class="acts"><button class="btn" disabled=${!live} onClick=${(event) => decide(event, "sendAgain")}><${Icon} name="send" />${t("Send again")}</button>
      <button class="btn" disabled=${!live} onClick=${(event) => decide(event, "markArrived")}><${Icon} name="check" />${t("It arrived")}</button></p></div></div>`;
}
