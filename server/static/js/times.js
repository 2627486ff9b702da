/* Instants in words: the desk's clock, both zones, to the second where a decision is told. Formatting only. */

const ENGLISH = "en-GB";
const reader = globalThis.document?.documentElement.lang ?? ENGLISH;
const language = reader.startsWith("en") ? ENGLISH : reader; // one order of day and month for all who read English
const formats = new Map();

function format(options, spoken = language) {
  const key = JSON.stringify([spoken, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(spoken, options));
  return formats.get(key);
}

const HOUR = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** "14:12" */
export const hour = (at, timeZone) => format({ ...HOUR, timeZone }).format(new Date(at));

/** "13:58:02" */
export const second = (at, timeZone) => format({ ...HOUR, second: "2-digit", timeZone }).format(new Date(at));

/** "CET" or "CEST", as the zone has it at that instant; the same in every language. */
export function zoneName(at, timeZone) {
  const parts = format({ ...HOUR, timeZone, timeZoneName: "short" }, ENGLISH).formatToParts(new Date(at));
  return parts.find(({ type }) => type === "timeZoneName").value;
}

/** "London" of "Europe/London". */
export const city = (timeZone) => timeZone.split("/").at(-1).replaceAll("_", " ");

/** "4 Mar 2026" */
export const day = (at, timeZone) => format({ day: "numeric", month: "short", year: "numeric", timeZone }).format(new Date(at));

/** The hour if it is today, "Mon 14:12" within six days, else the day. */
export function moment(at, now, timeZone) {
  const distance = Math.abs(new Date(at) - now);
  if (sameDay(at, now, timeZone)) return hour(at, timeZone);
  if (distance < 6 * 86_400_000) return `${format({ weekday: "short", timeZone }).format(new Date(at))} ${hour(at, timeZone)}`;
  return day(at, timeZone);
}

/** "Mon 30 Nov 09:00": an instant that is some days away. */
export const weekMoment = (at, timeZone) =>
  `${format({ weekday: "short", day: "numeric", month: "short", timeZone }).format(new Date(at)).replace(",", "")} ${hour(at, timeZone)}`;

/** "Mon 30 Nov 09:00:00 CET": for evidence. */
export const exactly = (at, timeZone) => `${weekMoment(at, timeZone).slice(0, -5)}${second(at, timeZone)} ${zoneName(at, timeZone)}`;

/** When somebody is back: the day alone if it is its beginning, "Mon", else as a moment. */
export function comeBack(at, now, timeZone) {
  const words = moment(at, now, timeZone);
  return words.endsWith(" 00:00") ? words.slice(0, -6) : words;
}

export const sameDay = (one, other, timeZone) => dateOf(one, timeZone) === dateOf(other, timeZone);

/** "Tuesday, 3 March 2026": the head of a day in the talk. */
export const longDay = (at, timeZone) =>
  format({ weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone }).format(new Date(at));

/** "2:10" for a wait of two minutes and ten seconds, "1:02:10" beyond an hour. */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Hours since midnight in that zone, 0 to 24, with fractions. */
export function hoursOfDay(at, timeZone) {
  const [hours, minutes] = hour(at, timeZone).split(":").map(Number);
  return hours + minutes / 60;
}

/** How far the second zone is from the first at that instant, in hours. */
export function hoursBetween(at, one, other) {
  const wall = (timeZone) => {
    const parts = format({ ...HOUR, year: "numeric", month: "2-digit", day: "2-digit", timeZone }).formatToParts(new Date(at));
    const part = (name) => Number(parts.find(({ type }) => type === name).value);
    return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  };
  return (wall(other) - wall(one)) / 3_600_000;
}

const dateOf = (at, timeZone) => format({ year: "numeric", month: "2-digit", day: "2-digit", timeZone }).format(new Date(at));
