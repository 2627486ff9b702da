/* The whole screen: rail, list, talk, side, and what floats above. */

import { html } from "../html.js";
import { ConsoleContext } from "./context.js";
import { Dialogs } from "../dialogs/dialogs.js";
import { ListPane } from "./list.js";
import { Me } from "./me.js";
import { Notices } from "./notices.js";
import { Rail } from "./rail.js";
import { RingCards } from "./ring.js";
import { Side } from "./side.js";
import { TabBar } from "./tabbar.js";
import { Talk } from "./talk.js";
import { t } from "../words.js";

export function App({ console }) {
  const { screen } = console;
  const open = Boolean(screen.ticket.value);
  const pane = open || ["list", "me"].includes(screen.pane.value) ? screen.pane.value : "list";
  return html`<${ConsoleContext.Provider} value=${console}>
    <div class="app" data-pane=${pane} data-side=${screen.side.value ? "open" : "shut"}>
      <${Rail} />
      <main class="work">
        <h1 class="hide">${t("Vipdesk console")}</h1>
        <${ListPane} />
        <${Talk} />
        ${open && html`<${Side} />`}
        ${pane === "me" && html`<section class="me-pane" aria-label=${t("Me")}><${Me} /></section>`}
      </main>
      <${TabBar} />
      <${RingCards} />
      <${Notices} />
      <${Dialogs} />
    </div>
  </${ConsoleContext.Provider}>`;
}
