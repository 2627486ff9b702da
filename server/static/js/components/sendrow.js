/* Under the composer: what sending will do, said before it is done, and the one main button. */

import { html } from "../html.js";
import { t, tn } from "../words.js";
import { useConsole } from "./context.js";
import { Cap, Icon } from "./parts.js";

export function SendRow({ ticket, kind, draft }) {
  const console = useConsole();
  const { composer, desk, screen } = console;
  const held = kind === "reply" && Boolean(screen.held.value[ticket.id]);
  const sending = composer.uploading.value;
  const empty = !draft.text.trim() && !draft.files.length;
  return html`<div class="sendrow"><p class="grow small" role="status"><${Icon} name=${kind === "note" ? "lock" : "timer"} /><span>
      ${sending ? tn("{count} file is being kept", "{count} files are being kept", sending) : consequence(kind, draft.next ?? composer.standard(ticket))}
      ${desk.link.value.state !== "live" && html` <span class="muted">${t("Kept here and sent when the line is back.")}</span>`}</span></p>
    <button class="btn main" disabled=${held || empty || sending > 0} onClick=${() => composer.send()}>${kind === "note" ? t("Keep note") : t("Send")}<${Cap} of="ctrl+enter" /></button></div>`;
}

function consequence(kind, next) {
  if (kind === "note") return t("Only agents see it; the customer is not told.");
  if (next === "solved") return html`${t("Reply and solve:")} <b>${t("it opens again if they write within 14 days")}</b>`;
  if (next === "desk") return html`${t("Reply, we go on:")} <b>${t("the ticket stays open with us")}</b>`;
  return html`${t("Reply, wait for them:")} <b>${t("the next word is theirs")}</b>`;
}
