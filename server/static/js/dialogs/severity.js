/* Change severity: from, to, why; a correction is for leads. */

import { useState } from "../../vendor/hooks.js";
import { useConsole } from "../components/context.js";
import { Icon, Severity } from "../components/parts.js";
import { html } from "../html.js";
import { severityName, t } from "../words.js";
import { Asking, Radio, Reason } from "./dialog.js";

export function SetSeverity() {
  const console = useConsole();
  const ticket = console.current();
  const was = ticket.summary.value.severity ?? 3;
  const [severity, setSeverity] = useState(was);
  const [mode, setMode] = useState("situation");
  const [reason, setReason] = useState("");
  const lead = (console.desk.me.value.roles ?? []).includes("lead");
  const name = ticket.summary.value.contact?.name?.split(" ")[0] ?? t("the contact");
  return html`<${Asking} title=${t("Change severity")} verb=${t("Change and tell {name}", { name })} ready=${severity !== was && reason.trim()}
      act=${() => console.verbs.severity(ticket, severity, mode, reason.trim())}>
    <p class="row"><${Severity} level=${was} /><span>${severityName(was)}</span><${Icon} name="arrow-right" /><${Severity} level=${severity} /><b>${severityName(severity)}</b></p>
    <fieldset class="plain"><legend>${t("New severity")}</legend>${[1, 2, 3, 4, 5].map((level) => html`<${Radio} key=${level} name="severity" value=${level} now=${severity} set=${setSeverity}>
      <${Severity} level=${level} /><span>${severityName(level)}</span></${Radio}>`)}</fieldset>
    <fieldset class="plain"><legend>${t("Why?")}</legend>
      <${Radio} name="mode" value="situation" now=${mode} set=${setMode}><span>${t("The situation changed")}</span></${Radio}>
      <${Radio} name="mode" value="correction" now=${mode} set=${setMode} disabled=${!lead}><span>${lead ? t("Correction: it was wrong from the start") : t("Correction, leads only")}</span></${Radio}></fieldset>
    <${Reason} id="why" label=${t("Reason")} hint=${t("Only agents see it. It stays in the history.")} value=${reason} set=${setReason} />
  </${Asking}>`;
}
