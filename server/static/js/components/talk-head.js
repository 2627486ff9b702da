/* The head of the talk: subject, severity, number, state of the chat, who else looks or writes, and the way to every action. */

import { html } from "../html.js";
import { chatName, severityName, statusName, t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon, Severity } from "./parts.js";

export function TalkHead({ ticket }) {
  const console = useConsole();
  const { screen } = console;
  const summary = ticket.summary.value;
  return html`<header class="c-head">
    <button class="btn quiet icon only-phone" aria-label=${t("Back to the list")} onClick=${() => console.back()}><${Icon} name="arrow-left" large /></button>
    <div class="grow"><h2 class="cut" dir="auto" title=${summary.subject}>${summary.subject || t("No subject yet")}</h2>
      <p class="c-sub"><button class="graded" title=${t("Change severity")} onClick=${() => screen.ask("severity")}><${Severity} level=${summary.severity} /><span>${severityName(summary.severity ?? 3)}</span></button>
        <span class="muted num c-no">${summary.number}</span><${ChatTag} summary=${summary} /><${Viewing} ticket=${ticket} /></p></div>
    <button class="btn quiet icon" aria-label=${t("Close or reopen")} title=${t("Close or reopen")} onClick=${() => screen.ask("status")}><${Icon} name="circle-check" /></button>
    <button class="btn quiet icon only-small" aria-label=${t("Customer and ticket details")} onClick=${() => side(screen)}><${Icon} name="panel-right" large /></button>
    <button class="btn quiet icon not-phone" aria-label=${t("More actions")} title=${t("More actions")} onClick=${() => screen.ask("palette")}><${Icon} name="ellipsis" /></button>
  </header>`;
}

function side(screen) {
  screen.side.value = !screen.side.peek();
  if (matchMedia("(max-width: 720px)").matches) screen.pane.value = "side";
}

function ChatTag({ summary }) {
  const { state } = summary.chat ?? {};
  if (state === "live") return html`<span class="tag ok"><span class="dotlive" aria-hidden="true"></span>${chatName(state)}</span>`;
  if (state && state !== "ended") return html`<span class="tag care">${chatName(state)}</span>`;
  return html`<span class="tag">${statusName(summary.status) ?? summary.status}</span>`;
}

/** "Anna is looking", "Ben is writing". */
function Viewing({ ticket }) {
  const viewers = ticket.viewers.value;
  const writing = new Set(ticket.typing.value.filter(({ by }) => by.role !== "contact").map(({ by }) => by.id));
  if (!viewers.length) return null;
  const words = viewers.map((viewer) =>
    writing.has(viewer.id) || viewer.writing ? t("{name} is writing", { name: first(viewer) }) : t("{name} is looking", { name: first(viewer) }));
  return html`<span class="muted viewing" role="status"><${Icon} name="eye" /><span class="cut">${words.join(", ")}</span></span>`;
}

const first = ({ name }) => name.split(" ")[0];
