/* The held reply: something new was said while it was written. Nothing is sent until one of two choices is made. */

import { html } from "../html.js";
import { hour } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

export function Held({ ticket }) {
  const console = useConsole();
  const said = ({ kind, stream, by }) => kind === "message" && stream === ticket.public && by?.id !== console.desk.me.value.id;
  const last = ticket.events.value.findLast(said); // also what came since it is held: "anyway" sends past that too
  const words = last
    ? t("{name} wrote at {time}, while you were typing: “{text}”", {
        name: (last.by?.name || t("Somebody")).split(" ")[0], time: hour(last.at, console.zone), text: short(last.data.body || t("a file")),
      })
    : t("Something new was said while you were typing.");
  return html`<div class="held" role="alert"><${Icon} name="hand" /><p class="grow"><b>${t("Your reply is held.")}</b> ${words}</p>
    <button class="btn" onClick=${() => console.composer.send({ anyway: true })}>${t("Send anyway")}</button>
    <button class="btn main" onClick=${() => console.changeHeld()}>${t("Change reply")}</button></div>`;
}

const short = (text) => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
