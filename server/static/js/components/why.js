/* "Why did this come to me?": the last decision of the desk, step by step. */

import { html } from "../html.js";
import { t } from "../words.js";
import { whyLines } from "../why.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

const ICONS = { ok: "check", no: "x", yes: "arrow-right", none: "minus" };

export function Why({ ticket }) {
  const { desk } = useConsole();
  const why = ticket.detail.value?.why;
  const lines = whyLines(why, { me: desk.me.value.id, ringed: ticket.summary.value.chat?.serving, events: ticket.events.value });
  if (!lines.length) return null;
  return html`<section class="why" tabindex="-1" aria-label=${t("Why did this come to me?")}><h3>${t("Why did this come to me?")}</h3><ol>
    ${lines.map(({ mark, words }, place) => html`<li key=${place} class=${mark}><${Icon} name=${ICONS[mark]} /><span class=${mark === "none" ? "muted" : ""}>${words.map((piece) => (piece?.strong ? html`<b>${piece.strong}</b>` : piece))}</span></li>`)}
  </ol></section>`;
}
