/* Hand over: to an agent, a team or second level, with a note. Warm: it comes back if nobody takes it. */

import { useState } from "../../vendor/hooks.js";
import { useConsole } from "../components/context.js";
import { Face } from "../components/parts.js";
import { html } from "../html.js";
import { presence } from "../store/people.js";
import { presenceName, t, teamName } from "../words.js";
import { Asking, Radio, Reason } from "./dialog.js";

const TEAMS = ["technical", "pool", "dedicated"];
const ORDER = { available: 0, away: 1, off: 2 };

export function Transfer() {
  const console = useConsole();
  const { desk } = console;
  const [to, setTo] = useState(null);
  const [note, setNote] = useState("");
  const [owner, setOwner] = useState(false);
  const colleague = ({ id, roles = [] }) => id !== desk.me.value.id && (roles.includes("agent") || roles.includes("lead"));
  const people = [...desk.people.all.value.values()].filter(colleague).sort((one, other) => ORDER[presence(one)] - ORDER[presence(other)] || one.name.localeCompare(other.name));
  return html`<${Asking} title=${t("Hand over")} verb=${t("Hand over")} ready=${to && note.trim()} act=${() => console.verbs.transfer(console.current(), to, note.trim(), owner)}>
    <p class="small muted">${t("The customer stays in the chat with you until somebody takes it; if nobody does, it comes back.")}</p>
    <fieldset class="plain scroller"><legend>${t("To")}</legend>
      ${TEAMS.map((team) => html`<${Radio} key=${team} name="to" value=${team} now=${to} set=${setTo}><b>${teamName(team)}</b> <span class="muted small">${t("whoever is free there")}</span></${Radio}>`)}
      ${people.map((person) => html`<${Radio} key=${person.id} name="to" value=${person.id} now=${to} set=${setTo} disabled=${presence(person) !== "available"}>
        <${Face} of=${person} person=${person} /><span class="grow cut">${person.name} <span class="muted small">${(person.teams ?? []).map(teamName).join(", ")}</span></span>
        <span class="small muted">${presenceName(presence(person))}</span></${Radio}>`)}</fieldset>
    <${Reason} id="note" label=${t("Note for them")} hint=${t("Only agents see it.")} value=${note} set=${setNote} rows=${3} />
    <label class="choice"><input type="checkbox" checked=${owner} onChange=${() => setOwner(!owner)} /><span>${t("They own the ticket from then on")}</span></label>
  </${Asking}>`;
}
