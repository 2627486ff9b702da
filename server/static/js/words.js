/* The trade's words for codes of the wire: severities, steps, reasons, states. Sentences live where they are said. */

import { t } from "../widget/wire/texts.js";

export { t };
export { n as tn } from "../widget/wire/texts.js";

/** A sentence with elements in it: `rich(t("Rang {name}"), {name: html`<b>…</b>`})` gives the pieces in order. */
export function rich(sentence, pieces) {
  return sentence.split(/\{(\w+)\}/).map((part, place) => (place % 2 ? (pieces[part] ?? "") : part));
}

const table = (make) => (code) => make()[code] ?? null;

export const severityName = table(() => ({
  1: t("Critical"), 2: t("High"), 3: t("Standard"), 4: t("Bug"), 5: t("Question"),
}));

export const statusName = table(() => ({
  new: t("New"), open: t("Open"), waiting: t("Waiting for them"), solved: t("Solved"), closed: t("Closed"),
}));

export const chatName = table(() => ({
  waiting: t("Waiting"), ringing: t("Ringing"), live: t("Live chat"), grace: t("Line lost"), ended: t("Chat ended"),
}));

export const presenceName = table(() => ({ available: t("Available"), away: t("Away"), off: t("Offline"), offline: t("Offline") }));

export const teamName = table(() => ({ dedicated: t("Dedicated"), technical: t("Technical"), pool: t("24/7 pool") }));

export const stepName = table(() => ({
  named: t("named agent"), stand_in: t("stand-in"), stand_ins: t("stand-in"), "stand-ins": t("stand-in"), technical: t("technical"), pool: t("24/7 pool"),
}));

export const because = table(() => ({
  open: t("Dedicated service is due: the add-on is valid and the office open"),
  not_entitled: t("Not dedicated: the customer has no add-on"),
  not_started: t("Not dedicated: the add-on has not started yet"),
  expired: t("Not dedicated: the add-on has ended"),
  unverified: t("Not dedicated: the contact is not verified"),
  holiday: t("Not dedicated: the office has a holiday"),
  closed: t("Not dedicated: the office is closed"),
}));

export const skippedBecause = table(() => ({
  unknown: t("is not known to the desk any more"),
  tried: t("was asked already and did not take it"),
  declined: t("passed it on"),
  absent: t("is absent"),
  offline: t("is offline"),
  away: t("is away"),
  in_call: t("is in a call"),
  full: t("has no room for another chat"),
}));

export const ringOutcome = table(() => ({
  accepted: t("picked up"),
  accept: t("picked up"),
  declined: t("passed it on"),
  decline: t("passed it on"),
  timeout: t("no answer"),
  missed: t("no answer"),
  lost: t("their line was lost"),
  gone: t("their line was lost"),
  withdrawn: t("not needed any more"),
  ended: t("not needed any more"),
  given_up: t("not needed any more"),
}));

export const ringEnded = table(() => ({
  taken: t("Somebody else picked it up."),
  timeout: t("You did not pick it up in time, it went on."),
  left: t("The contact does not wait any more."),
  withdrawn: t("It is not needed any more."),
}));

/** One plain sentence for an error of the wire; the desk's own sentence where ours adds nothing. */
export const errorWords = ({ code, message }) =>
  ({
    not_found: t("That is not here, or not for you to see."),
    forbidden: t("You may not do that here."),
    taken: t("Somebody else was faster."),
    closed: t("This ticket is closed."),
    expired: t("That is over already."),
    unavailable: t("The desk cannot keep this right now. It is tried again."),
    slow_down: t("That was too fast. It is tried again in a moment."),
  })[code] ?? message ?? t("That did not work.");

/** Why an alarm came; of a mailbox to admins, of a ticket to whom it concerns. */
export function alarmWords({ why, state, mailbox, subject }) {
  const said = { subject: subject || t("No subject yet"), mailbox };
  return {
    late: t("A mail has not left for a while: {subject}", said),
    bounced: t("A mail did not arrive: {subject}", said),
    in_doubt: t("Nobody knows whether a mail arrived, say whether it goes again: {subject}", said),
    classify: t("A mail sounds like severity 1 or 2, look at it: {subject}", said),
    unreadable: t("A mail could not be read, look at its original: {subject}", said),
    burst: t("One sender mails without end: {subject}", said),
    silent: t("The mailbox {mailbox} is silent.", said),
    probe: t("Mail to {mailbox} does not come through.", said),
    over: t("{mailbox} is read again.", said),
  }[state ?? why] ?? t("Nobody is at the desk, and somebody waits: {subject}", said);
}
