/* The talk of the open ticket: head, log, composer; or an invitation to open one. */

import { html } from "../html.js";
import { t } from "../words.js";
import { ComposerPane } from "./composer.js";
import { useConsole } from "./context.js";
import { Log } from "./log.js";
import { Lost } from "./lost.js";
import { Empty, Keys } from "./parts.js";
import { TakeBack } from "./take-back.js";
import { TalkHead } from "./talk-head.js";

export function Talk() {
  const console = useConsole();
  const ticket = console.current();
  if (!console.screen.ticket.value || !ticket) {
    return html`<section class="conv nothing" aria-label=${t("Conversation")}><${Empty} icon="message-circle" title=${t("No ticket is open.")}>
      <${Keys} of="j" /> <${Keys} of="k" /> ${t("move")}, <${Keys} of="enter" /> ${t("opens")}, <${Keys} of="ctrl+k" /> ${t("shows what can be done")}</${Empty}></section>`;
  }
  const { number } = ticket.summary.value;
  return html`<section class="conv" aria-label=${t("Ticket {number}", { number })}>
    <${TalkHead} ticket=${ticket} />
    <div class="only-phone-block"><${Lost} /></div>
    <${Log} key=${ticket.id} ticket=${ticket} />
    <${TakeBack} />
    <${ComposerPane} ticket=${ticket} />
  </section>`;
}
