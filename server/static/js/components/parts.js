/* The small parts every pane is made of: icon, severity, face, presence, tag, keys, shapes of what is loading. */

import { html } from "../html.js";
import { presence } from "../store/people.js";
import { presenceName, severityName, t } from "../words.js";

const SPRITE = new URL("../../icons/sprite.svg", import.meta.url).pathname;

export const Icon = ({ name, large }) =>
  html`<svg class=${large ? "i l" : "i"} data-icon=${name} aria-hidden="true"><use href=${`${SPRITE}#${name}`} /></svg>`;

/** The digit is always there; a severity nobody gave counts as 3. */
export const Severity = ({ level }) => {
  const digit = level ?? 3;
  return html`<span class="sev s${digit}" title=${severityName(digit)}><span class="hide">${t("Severity")} </span>${digit}</span>`;
};

export const initials = (name) =>
  (name || "?").split(/\s+/).filter(Boolean).map(([letter]) => letter).filter((_, place, all) => !place || place === all.length - 1).join("").toUpperCase();

/** Agents are round, contacts and customers square; the photo when there is one. `of`: {id, name, photo}. */
export const Face = ({ of, square, big, person }) => html`<span class="ava ${square ? "c" : ""} ${big ? "big" : ""}" aria-hidden="true">
  ${of?.photo && !square ? html`<img class="photo" src=${of.photo.startsWith("/") ? of.photo : `/a/${of.id}/photo`} alt="" loading="lazy" />` : initials(of?.name)}
  ${person !== undefined && html`<span class="pres ${shape(person)}"></span>`}
</span>`;

/** Shape first: full disc, ring, empty ring. */
export const Presence = ({ person }) => html`<span class="pres ${shape(person)}" role="img" aria-label=${presenceName(presence(person))}></span>`;

const shape = (person) => ({ available: "", away: "away", off: "off" })[presence(person)];

export const Verified = ({ contact }) => contact?.verified
  ? html`<span class="tag ok"><${Icon} name="shield-check" />${t("verified")}</span>`
  : html`<span class="tag care"><${Icon} name="triangle-alert" />${t("unverified")}</span>`;

const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform ?? "");
const CAPS = { ctrl: MAC ? "⌘" : "Ctrl", enter: "↵", arrowup: "↑", arrowdown: "↓", escape: "Esc", shift: "Shift", alt: MAC ? "⌥" : "Alt" };
export const cap = (key) => CAPS[key] ?? key.toUpperCase();

/** All strokes of one key in one cap, for buttons. */
export const Cap = ({ of }) => html`<kbd>${of === "enter" ? "Enter" : of.split(/\+(?=.)/).map(cap).join(" ")}</kbd>`;

/** "shift+h" and "g d" as key caps. */
export const Keys = ({ of }) => of.split(" ").flatMap((stroke) => stroke.split(/\+(?=.)/)).map((key) => html`<kbd>${cap(key)}</kbd> `);

export const Skeleton = ({ rows, label }) =>
  html`<div class="skeleton" role="img" aria-label=${label}>${Array.from({ length: rows }, () => html`<i></i>`)}</div>`;

export const Empty = ({ icon = "circle-check", title, children }) =>
  html`<div class="empty"><${Icon} name=${icon} large /><p><b>${title}</b>${children && html`<br /><span class="muted">${children}</span>`}</p></div>`;
