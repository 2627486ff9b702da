/* The bar of five at the bottom of a phone. */

import { html } from "../html.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";
import { viewIcon } from "./views.js";

export function TabBar() {
  const console = useConsole();
  const { list, screen } = console;
  const waiting = console.queue().length;
  const tabs = [
    ["mine", t("Mine")],
    ["customers", t("Customers")],
    ["waiting", waiting ? t("Queue {n}", { n: waiting }) : t("Queue")],
    ["all", t("All")],
  ];
  const onMe = screen.pane.value === "me";
  return html`<nav class="tabbar" aria-label=${t("Views")}>
    ${tabs.map(([view, label]) => html`<a key=${view} href="#${view}" aria-current=${!onMe && list.view.value === view ? "page" : undefined}
      onClick=${(event) => { event.preventDefault(); console.show(view); }}><${Icon} name=${viewIcon(view)} large /><span>${label}</span></a>`)}
    <a href="#me" aria-current=${onMe ? "page" : undefined} onClick=${(event) => { event.preventDefault(); screen.pane.value = "me"; }}>
      <${Icon} name="user" large /><span>${t("Me")}</span></a>
  </nav>`;
}
