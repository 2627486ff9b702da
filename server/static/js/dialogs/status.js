/* Close or reopen: the statuses an agent may set from here, and what each one means for the customer. */

import { useState } from "../../vendor/hooks.js";
import { useConsole } from "../components/context.js";
import { html } from "../html.js";
import { statusName, t } from "../words.js";
import { Asking, Radio, Reason } from "./dialog.js";

export function SetStatus() {
  const console = useConsole();
  const ticket = console.current();
  const now = ticket.summary.value.status;
  const lead = (console.desk.me.value.roles ?? []).includes("lead");
  const choices = ["open", "waiting", "solved", ...(lead ? ["closed"] : [])].filter((status) => status !== now);
  const [status, setStatus] = useState(choices.includes("solved") ? "solved" : "open");
  const [reason, setReason] = useState("");
  return html`<${Asking} title=${t("Close or reopen")} verb=${verb(status, now)} ready=${true} act=${() => console.verbs.status(ticket, status, reason.trim())}>
    <p>${t("It is {status} now.", { status: (statusName(now) ?? now).toLowerCase() })}</p>
    <fieldset class="plain"><legend>${t("New status")}</legend>${choices.map((choice) => html`<${Radio} key=${choice} name="status" value=${choice} now=${status} set=${setStatus}>
      <span class="grow"><b>${statusName(choice)}</b> <span class="muted small">${meaning(choice)}</span></span></${Radio}>`)}</fieldset>
    <${Reason} id="reason" label=${t("Reason, if there is one")} hint=${t("Only agents see it.")} value=${reason} set=${setReason} />
  </${Asking}>`;
}

const meaning = (status) =>
  ({
    open: t("we go on with it"),
    waiting: t("the next word is theirs"),
    solved: t("opens again if they write within 14 days"),
    closed: t("for ever; a new message makes a linked new ticket"),
  })[status];

const verb = (status, was) =>
  ({ open: ["solved", "closed"].includes(was) ? t("Reopen it") : t("Open it"), waiting: t("Wait for them"), solved: t("Solve it"), closed: t("Close it") })[status];
