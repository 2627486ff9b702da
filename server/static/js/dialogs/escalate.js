/* Pull in second level: a technical specialist joins beside the agent. */

import { useState } from "../../vendor/hooks.js";
import { useConsole } from "../components/context.js";
import { html } from "../html.js";
import { presence } from "../store/people.js";
import { t, tn } from "../words.js";
import { Asking, Reason } from "./dialog.js";

export function Escalate() {
  const console = useConsole();
  const [note, setNote] = useState("");
  const free = [...console.desk.people.all.value.values()].filter((person) => person.teams?.includes("technical") && presence(person) === "available").length;
  return html`<${Asking} title=${t("Pull in a technical specialist")} verb=${t("Pull in")} ready=${note.trim()} act=${() => console.verbs.escalate(console.current(), note.trim())}>
    <p class="small muted">${free ? tn("{count} specialist is here. You stay in the chat.", "{count} specialists are here. You stay in the chat.", free) : t("No specialist is here now; the ticket is put into their view. You stay in the chat.")}</p>
    <${Reason} id="note" label=${t("What do they need to know?")} hint=${t("Only agents see it.")} value=${note} set=${setNote} rows=${4} />
  </${Asking}>`;
}
