/* Events of a ticket as lines of the talk: an icon and a sentence for each kind. Messages are drawn by components/message.js. */

import { stateWords } from "./delivery.js";
import { html } from "./html.js";
import { because, chatName, rich, ringOutcome, severityName, skippedBecause, statusName, stepName, t } from "./words.js";

const bold = (name) => html`<b>${name ?? t("somebody")}</b>`;

/** @returns {icon, words} or null for what is shown elsewhere (messages, read marks). */
export function line(event) {
  const side = event.stream === event.ticket ? "" : "internal ";
  return LINES[side + event.kind]?.(event.data ?? {}, event) ?? null;
}

const LINES = {
  chat: chatLine,
  member: ({ agent, contact, joined }) => ({
    icon: "users",
    words: rich(joined ? t("{name} joined") : t("{name} left"), { name: bold((agent ?? contact)?.name) }),
  }),
  offer: ({ words, answered }) => ({
    icon: "arrow-right-left",
    words: [answered ? offerAnswer(answered) : (words ?? t("An offer was made"))],
  }),
  severity: ({ severity, was }, { by }) => ({
    icon: "git-compare",
    words: rich(t("{name} changed the severity from {was} to {now}"), {
      name: bold(by?.name ?? t("The desk")), was: graded(was), now: html`<b>${graded(severity)}</b>`,
    }),
  }),
  status: ({ status }, { by }) => ({
    icon: status === "solved" || status === "closed" ? "circle-check" : "circle-dot",
    words: rich(t("{name} set the ticket to {status}"), { name: bold(by?.name ?? t("The desk")), status: html`<b>${statusName(status) ?? status}</b>` }),
  }),
  mail: ({ kind, state }) => (kind === "reply" || state === "queued" || state === "sending" ? null : { icon: "mail", words: [mailWords(kind), ": ", stateWords(state)] }),
  "internal mail": ({ decided }, { by }) => DECIDED[decided]?.(bold(by?.name)) ?? null,
  "internal decision": decisionLine,
  "internal ring": ringLine,
  "internal transfer": transferLine,
  "internal owner": ({ owner, agent }) => ({ icon: "user", words: rich(t("{name} owns the ticket now"), { name: bold((owner ?? agent)?.name) }) }),
  "internal severity": ({ reason, asked, mode }) => reason || asked
    ? { icon: "git-compare", words: [mode === "correction" ? t("Severity corrected") : t("Severity"), ": “", reason ?? "", "”", asked ? ` (${t("asked for")} ${graded(asked)})` : ""] }
    : null,
  "internal status": ({ reason }) => (reason ? { icon: "circle-dot", words: [t("Status"), ": “", reason, "”"] } : null),
  "internal burst": ({ contact, tickets, proven }) => ({ icon: "zap", words: [...rich(contact ? t("{name} opened {count} tickets by mail within an hour: what else they mail comes into this one") : t("Addresses that nobody knew before opened {count} tickets by mail within an hour: what else they mail comes into this one"), { name: bold(contact?.name), count: tickets }), proven === false ? `. ${t("Nothing proves that these mails are theirs; mail of theirs that is proven comes in as always.")}` : ""] }),
  "internal held": ({ name, found }) => ({ icon: "octagon-alert", words: rich(t("{name} is held back: the virus scanner says {found}"), { name: bold(name), found }) }),
  "internal pause": ({ reason }) => ({ icon: "pause", words: [t("Clock paused"), reason ? `: ${reason}` : ""] }),
};

/** What an agent said of a mail of which nobody knew whether it arrived. */
const DECIDED = {
  again: (name) => ({ icon: "send", words: rich(t("{name} had the mail sent again that perhaps arrived"), { name }) }),
  tried: (name) => ({ icon: "send", words: rich(t("{name} had the mail tried again"), { name }) }),
  arrived: (name) => ({ icon: "check", words: rich(t("{name} said that the mail arrived"), { name }) }),
};

/** Answers have it on their message; other mails are a line. */
const mailWords = (kind) => {
  if (kind === "ack") return t("Mail that says when somebody answers");
  return kind === "too_big" ? t("Mail that says that theirs is too large") : t("Mail with what was not read in the chat");
};

function chatLine({ state, agent, words, step }) {
  if (state === "live") {
    return {
      icon: "message-circle",
      words: rich(step && stepName(step) ? t("{name} ({step}) is in the chat") : t("{name} is in the chat"), { name: bold(agent?.name), step: stepName(step) }),
    };
  }
  if (state === "grace") return { icon: "wifi-off", words: rich(t("The line of {name} was lost, 30 s to come back"), { name: bold(agent?.name) }) };
  const told = words ? t("The contact reads: “{words}”", { words }) : state === "ended" ? t("The chat ended") : chatName(state);
  return { icon: { ended: "check", ringing: "phone-incoming" }[state] ?? "clock", words: [told] };
}

function decisionLine(data) {
  const passed = (data.skipped ?? []).map(skip).map(({ name, reason }) => `${name} ${skippedBecause(reason) ?? reason}`);
  const found = data.agent?.name ?? data.ring?.name ?? null;
  const head = found
    ? rich(t("The desk chose {name} ({step})"), { name: bold(found), step: stepName(data.step) ?? data.step ?? "" })
    : [t("Nobody free, the chat waits in the queue")];
  return { icon: found ? "phone-incoming" : "clock", words: [...head, passed.length ? `: ${passed.join(", ")}` : ""] };
}

function ringLine({ agent, to, outcome, reason, kind }) {
  const name = bold((agent ?? to)?.name);
  if (!outcome || outcome === "open") {
    return { icon: "phone-incoming", words: rich(kind === "join" ? t("Asked {name} to join") : t("Rang {name}"), { name }) };
  }
  const said = ringOutcome(outcome) ?? outcome;
  return {
    icon: /accept/.test(outcome) ? "phone" : "phone-off",
    words: rich(reason ? t("Rang {name}: {said} (“{reason}”)") : t("Rang {name}: {said}"), { name, said, reason }),
  };
}

function transferLine({ to, from, note, outcome }, { by }) {
  const words = { name: bold(by?.name ?? from?.name), to: bold(to?.name ?? stepName(to) ?? to), note: note ?? "" };
  if (outcome === "returned") return { icon: "arrow-right-left", words: rich(t("{to} did not take over: it stays with {name}"), words) };
  if (outcome !== "asked") return { icon: "arrow-right-left", words: rich(note ? t("{name} handed over to {to}: “{note}”") : t("{name} handed over to {to}"), words) };
  if (to === "technical") return { icon: "wrench", words: rich(note ? t("{name} asked for second level: “{note}”") : t("{name} asked for second level"), words) };
  return { icon: "arrow-right-left", words: rich(note ? t("{name} asked {to} to take over: “{note}”") : t("{name} asked {to} to take over"), words) };
}

/** Somebody passed over, as the desk tells it: {agent: {id, name}, step, reason} or [agent, step, reason]. */
export function skip(entry) {
  if (Array.isArray(entry)) return { name: entry[0]?.name ?? entry[0], step: entry[1], reason: entry[2] };
  return { name: entry.agent?.name ?? entry.name ?? entry.agent, step: entry.step, reason: entry.reason };
}

const graded = (level) => `${level ?? 3} ${severityName(level ?? 3)}`;
const offerAnswer = (answered) => ({ yes: t("The offer was accepted"), no: t("The offer was declined"), lapsed: t("The offer has lapsed") })[answered] ?? answered;

export { because };
