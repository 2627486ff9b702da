/* Short words about what was done or refused; they leave by themselves, errors when they are read. */

import { useEffect } from "../../vendor/hooks.js";
import { html } from "../html.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

const STAY_MS = 5000;
const ICONS = { good: "check", care: "info", bad: "octagon-alert" };

export function Notices() {
  const { screen } = useConsole();
  return html`<div class="notices" role="status">${screen.notices.value.map((notice) => html`<${Notice} key=${notice.id} notice=${notice} screen=${screen} />`)}</div>`;
}

function Notice({ notice, screen }) {
  const console = useConsole();
  const open = () => {
    screen.dismiss(notice.id);
    console.open(notice.ticket);
  };
  useEffect(() => {
    if (notice.tone === "bad") return undefined;
    const leaving = setTimeout(() => screen.dismiss(notice.id), STAY_MS);
    return () => clearTimeout(leaving);
  }, [notice.id]);
  return html`<p class="notice ${notice.tone}"><${Icon} name=${ICONS[notice.tone]} /><span class="grow">${notice.text}</span>
    ${notice.ticket && notice.ticket !== screen.ticket.value && html`<button class="btn" onClick=${open}>${t("Open the ticket")}</button>`}
    <button class="btn quiet icon" aria-label=${t("Dismiss")} onClick=${() => screen.dismiss(notice.id)}><${Icon} name="x" /></button></p>`;
}
