/* An answer that leaves as a mail in some seconds: it can be taken back as long as it has not left. */

import { html } from "../html.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Cap, Icon } from "./parts.js";

export function TakeBack() {
  const console = useConsole();
  const leaving = console.leaving();
  const live = console.desk.link.value.state === "live";
  return html`<div class="takeback" role="status">${leaving && html`<p class="notice good"><${Icon} name="check" /><span class="grow">${t("Your reply to {name} leaves in a moment.", { name: leaving.name.split(" ")[0] })}</span>
    <button class="btn quiet" disabled=${!live} onClick=${() => console.takeBack()}>${t("Take back")}<span class="num" aria-hidden="true">${t("{n} s", { n: leaving.seconds })}</span><${Cap} of="ctrl+z" /></button></p>`}</div>`;
}
