/* What became of a mail that left, in words: for the mail, and for each whom it was to reach. */

import { t } from "./words.js";

const SHOWN = { queued: "clock", sending: "send", accepted: "check", ambiguous: "info", deferred: "clock", bounced: "octagon-alert", withdrawn: "rotate-ccw", handed: "mail" };

export const icon = (state) => SHOWN[state] ?? "mail";

export const stateWords = (state) =>
  ({
    queued: t("waits to leave"),
    sending: t("on its way"),
    accepted: t("sent"),
    ambiguous: t("perhaps sent"),
    deferred: t("delayed, tried again"),
    bounced: t("bounced"),
    withdrawn: t("taken back"),
    handed: t("in the demo's mail"),
  })[state] ?? state;

export const stateMeans = (state) =>
  ({
    queued: t("It is kept and leaves by itself."),
    sending: t("The mail server is taking it."),
    accepted: t("The mail server took it."),
    ambiguous: t("The mail server's last word was not heard. The desk waits ten minutes for a copy to come back."),
    deferred: t("Their mail server asks to come back later. It is tried for days."),
    withdrawn: t("It did not leave. Its text is in your draft again."),
    handed: t("This demo has no mail server: it stands on the demo's page."),
  })[state] ?? "";

const STATUS = /\b([45])\.(\d{1,3})\.(\d{1,3})\b/;

/** The reason of a mail server for people (RFC 3463); its own words stand beside it. @param left: false: those words may be the desk's own */
export function plainReason(reason, left = true) {
  if (!left && !STATUS.test(reason ?? "")) return "";
  const found = STATUS.exec(reason ?? "");
  const [subject, detail] = found ? [found[2], found[3]] : [null, null];
  if (subject === "2" && detail === "2") return t("Their mailbox is full.");
  if (subject === "1" && ["1", "2", "3", "10"].includes(detail)) return t("There is no such address.");
  if (subject === "2") return t("Their mailbox takes no mail.");
  if (subject === "3" && detail === "4") return t("It is larger than their mail server takes.");
  if (subject === "4") return t("Their mail server could not be reached.");
  if (subject === "7") return t("Their mail server does not let it in.");
  return t("Their mail server refused it.");
}
