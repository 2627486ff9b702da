/* Instants in words: the visitor's clock, and for every promise the office's beside it. */

import { t } from "../wire/texts.js";

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
let language = "en";
let office = "UTC";
let now = Date.now;

export function settle(options) { ({ lang: language = language, office = office, now = now } = options); }

const format = (options, timeZone = zone) => new Intl.DateTimeFormat(language, { timeZone, hourCycle: "h23", ...options });

const write = (at, options, timeZone) => format(options, timeZone).format(new Date(at));

const clock = { hour: "2-digit", minute: "2-digit" };
const date = (at, timeZone) => write(at, { dateStyle: "short" }, timeZone);

export function time(at) { return write(at, clock); }

export function day(at) {
  return date(at) === date(now()) ? t("Today") : write(at, { weekday: "long", day: "numeric", month: "long" });
}

/** "Thu 09:00 CET (08:00 London)"; the day only when it is not today, both only when the clocks differ. */
export function both(at) {
  const ahead = Date.parse(at) - now();
  const options = date(at, office) === date(now(), office) ? clock : { ...clock, weekday: "short", ...(ahead > 5e8 && { day: "numeric", month: "short" }) };
  const theirs = write(at, options, office);
  const ours = write(at, options).replace(theirs.slice(0, -5), ""); // the day is said once
  const name = new Intl.DateTimeFormat("en-GB", { timeZone: office, timeZoneName: "short" }).format(new Date(at)).split(" ").pop();
  const also = theirs.endsWith(ours) ? "" : ` (${ours}\xa0${zone.split("/").pop().replace("_", " ")})`;
  return `${theirs} ${name}${also}`;
}

/** "Wed 4 Mar, 13:09 – 13:24" */
export const span_of = (from, to) => format({ weekday: "short", day: "numeric", month: "short", ...clock }).formatRange(new Date(from), new Date(to));

/** Seconds as a person says them. */
export function span(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? t("less than a minute") : t("about {minutes} min", { minutes });
}
