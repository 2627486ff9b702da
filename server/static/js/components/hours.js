/* The office's hours today on one bar, in the office's zone and in the customer's. */

import { html } from "../html.js";
import { city, hour, hoursBetween, hoursOfDay, moment, zoneName } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";

const WIDTH = 288;
const x = (hours) => (Math.min(24, Math.max(0, hours)) / 24) * WIDTH;

export function Hours({ hours, zone }) {
  const console = useConsole();
  if (!hours) return null;
  const now = Math.floor(console.second.value / 60_000) * 60_000;
  const today = (hours.today ?? []).map(([from, until]) => ({ from: number(from), until: number(until) }));
  const apart = hoursBetween(now, hours.zone, zone);
  const office = zoneName(now, hours.zone);
  const words = spoken({ hours, zone, now, office, today });
  return html`<section><h3>${t("Hours today")}</h3><div class="hours" role="img" aria-label=${words}>
      <svg viewBox="0 0 ${WIDTH} 60" aria-hidden="true"><rect class="hb" x="0" y="20" width=${WIDTH} height="14" rx="3" />
        ${today.map(({ from, until }) => html`<rect class="ho" x=${x(from)} y="20" width=${x(until) - x(from)} height="14" rx="3" />`)}
        <line class="hn" x1=${x(hoursOfDay(now, hours.zone))} x2=${x(hoursOfDay(now, hours.zone))} y1="14" y2="40" />
        <${Scale} y=${12} name=${office} today=${today} apart=${0} at=${hoursOfDay(now, hours.zone)} now=${hour(now, hours.zone)} />
        <${Scale} y=${54} name=${apart || zone !== hours.zone ? city(zone) : ""} today=${today} apart=${apart} at=${hoursOfDay(now, hours.zone)} now=${hour(now, zone)} /></svg></div>
    <p class="small ${hours.open ? "" : "muted"}">${state(hours, now)}</p></section>`;
}

/** The figures of one zone; those too near to the present time give way to it. */
function Scale({ y, name, today, apart, at, now }) {
  const marks = today.flatMap(({ from, until }) => [from, until]).filter((mark) => Math.abs(mark - at) > 2.2 && x(mark) > 40);
  return html`<text x="0" y=${y}>${x(at) > 60 ? name : ""}</text>
    ${marks.map((mark) => html`<text x=${x(mark)} y=${y} text-anchor="middle">${figure(mark + apart)}</text>`)}
    <text class="hs" x=${Math.min(WIDTH - 18, Math.max(18, x(at)))} y=${y} text-anchor="middle">${now}</text>`;
}

function state(hours, now) {
  if (hours.open) return hours.until ? t("Open until {time}", { time: `${moment(hours.until, now, hours.zone)} ${zoneName(hours.until, hours.zone)}` }) : t("Open");
  if (!hours.next_opening) return t("Closed, the 24/7 pool answers");
  return t("Closed, opens {time}; the 24/7 pool answers", { time: `${moment(hours.next_opening, now, hours.zone)} ${zoneName(hours.next_opening, hours.zone)}` });
}

function spoken({ hours, zone, now, office, today }) {
  const open = today.map(({ from, until }) => t("{from} to {until}", { from: figure(from), until: figure(until) })).join(", ");
  return t("Office {open} {zone}. Now {here} {zone}, {there} {city}.", {
    open: open || t("closed today"), zone: office, here: hour(now, hours.zone), there: hour(now, zone), city: city(zone),
  });
}

const number = (text) => (text === "24:00" ? 24 : Number(text.split(":")[0]) + Number(text.split(":")[1] ?? 0) / 60);

/** "9", "17:30", wrapped into the day. */
function figure(hours) {
  const wrapped = ((hours % 24) + 24) % 24;
  const minutes = Math.round((wrapped % 1) * 60);
  return minutes ? `${Math.floor(wrapped)}:${String(minutes).padStart(2, "0")}` : String(Math.floor(wrapped));
}
