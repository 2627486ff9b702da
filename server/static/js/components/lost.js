/* The line is gone: as of when the picture is true, what still works and what waits. */

import { html } from "../html.js";
import { hour, zoneName } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

export function Lost() {
  const { desk, zone } = useConsole();
  const { state, since, words } = desk.link.value;
  if (state === "live" || state === "opening") return null;
  if (state === "refused") {
    return html`<div class="banner bad lost" role="alert"><${Icon} name="wifi-off" /><span><b>${words ?? t("This console was signed out.")}</b> ${t("What you wrote is kept here.")} <a href="/login">${t("Sign in again")}</a></span></div>`;
  }
  const time = `${hour(since, zone)} ${zoneName(since, zone)}`;
  return html`<div class="banner care lost" role="status"><${Icon} name="wifi-off" /><span><b>${t("You see the desk as of {time}.", { time })}</b>${" "}
    ${t("What you write is kept and sent in order. Picking up and handing over wait until the line is back.")}</span></div>`;
}
