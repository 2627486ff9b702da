/* A message that the desk has not confirmed: an outline, a clock, and the words that say so. */

import { html } from "../html.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Face, Icon } from "./parts.js";

export function Unsent({ message }) {
  const { composer, desk } = useConsole();
  const { body, visibility } = message.fields;
  return html`<article class="m unsent ${visibility === "internal" ? "note" : "us"}"><${Face} of=${desk.me.value} />
    <div><p class="m-h"><b>${t("You")}</b><span class="tiny state"><${Icon} name="clock" />${t("not sent yet")}</span></p>
      ${body && html`<p class="body" dir="auto">${body}</p>`}
      ${composer.files(message.fields).map(({ file, name }) => html`<span class="att" key=${file}><${Icon} name="file-text" /><span>${name}</span></span>`)}</div>
  </article>`;
}
