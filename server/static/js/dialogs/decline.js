/* Pass a ring on: the reason stays with the desk, and the next person is rung at once. */

import { useState } from "../../vendor/hooks.js";
import { useConsole } from "../components/context.js";
import { html } from "../html.js";
import { t } from "../words.js";
import { Asking, Radio, Reason } from "./dialog.js";

export function Decline({ ring }) {
  const console = useConsole();
  const reasons = [t("I am in the middle of something"), t("I am about to leave"), t("Somebody else knows this better")];
  const [chosen, setChosen] = useState(reasons[0]);
  const [other, setOther] = useState("");
  const next = (ring.why?.next ?? []).map((one) => one?.name ?? one).filter(Boolean);
  const reason = chosen === "other" ? other.trim() : chosen;
  return html`<${Asking} title=${t("Pass on {customer}", { customer: ring.customer?.name ?? "" })} verb=${t("Pass on")} ready=${reason} act=${() => console.verbs.decline(ring, reason)}>
    <p class="small muted">${next.length ? t("Next would be {names}.", { names: next.join(", ") }) : t("The desk asks the next one at once.")}</p>
    <fieldset class="plain"><legend>${t("Why?")}</legend>${reasons.map((words) => html`<${Radio} key=${words} name="why" value=${words} now=${chosen} set=${setChosen}><span>${words}</span></${Radio}>`)}
      <${Radio} name="why" value="other" now=${chosen} set=${setChosen}><span>${t("Something else")}</span></${Radio}></fieldset>
    ${chosen === "other" && html`<${Reason} id="other" label=${t("Reason")} hint=${t("Only agents see it.")} value=${other} set=${setOther} />`}
  </${Asking}>`;
}
