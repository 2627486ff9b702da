import { line } from "../js/lines.js";
import { city, comeBack, hour, hoursBetween, moment, second, span, zoneName } from "../js/times.js";
import { whyHere, whyLines } from "../js/why.js";
import { rich } from "../js/words.js";
import { equal, that } from "./check.js";
import { ANNA, BEN, event } from "./cast.js";

const NOON = "2026-03-03T11:04:05.000000Z";
const WHY = {
  step: "stand_ins", because: "open", steps: ["named", "stand_ins", "technical", "pool"], next: ["Clara Nilsson"],
  skipped: [{ agent: { id: "anna", name: "Anna Kovács" }, step: "named", reason: "in_call" }],
};
/** The words of a line without its elements. */
const plain = (pieces) => pieces.flat(9).map((piece) => (piece?.props ? plain([piece.props.children].flat(9)) : piece?.strong ?? piece ?? "")).join("");

export const tests = {
  "Times carry their zone and the season's name of it": () => {
    equal([hour(NOON, "Europe/Berlin"), second(NOON, "Europe/Berlin")], ["12:04", "12:04:05"]);
    equal([zoneName(NOON, "Europe/Berlin"), zoneName("2026-07-01T11:00:00Z", "Europe/Berlin")], ["CET", "CEST"]);
    equal([city("Europe/London"), city("America/New_York")], ["London", "New York"]);
    equal([hoursBetween(NOON, "Europe/Berlin", "Europe/London"), hoursBetween(NOON, "Europe/Berlin", "Asia/Kolkata")], [-1, 4.5]);
  },
  "Today is an hour, this week a day, else a date": () => {
    const now = Date.parse(NOON);
    equal(moment("2026-03-03T08:00:00Z", now, "Europe/Berlin"), "09:00");
    equal(moment("2026-03-01T08:00:00Z", now, "Europe/Berlin"), "Sun 09:00");
    equal(moment("2026-01-01T08:00:00Z", now, "Europe/Berlin"), "1 Jan 2026");
  },
  "Who is back with the day needs no hour": () => {
    const now = Date.parse(NOON);
    equal(comeBack("2026-03-05T23:00:00Z", now, "Europe/Berlin"), "Fri");
    equal(comeBack("2026-03-06T08:00:00Z", now, "Europe/Berlin"), "Fri 09:00");
  },
  "A wait is told to the second": () => {
    equal([span(130_000), span(3_730_000), span(-5)], ["2:10", "1:02:10", "0:00"]);
  },
  "Elements find their place in a sentence in any order": () => {
    equal(rich("{b} after {a}", { a: "one", b: "two" }), ["", "two", " after ", "one", ""]);
  },
  "The ring says who was passed over, as what I am rung and who would be next": () => {
    equal(whyHere({ kind: "serve", why: WHY }), "Anna is in a call, you are rung as stand-in. Next would be Clara.");
    equal(whyHere({ kind: "serve", why: { step: "pool", because: "closed" } }), "Not dedicated: the office is closed, you are rung as 24/7 pool.");
    equal(whyHere({ kind: "serve", why: null }), "");
  },
  "A ring beside the chat says who asks and what they wrote": () => {
    equal(whyHere({ kind: "transfer", why: {}, from: BEN, note: "knows the feed" }), "Ben hands over to you: “knows the feed”");
    equal(whyHere({ kind: "join", why: {}, from: BEN, note: "" }), "Ben asks you to join.");
    equal(whyHere({ kind: "join", why: {}, from: null, note: "rates" }), "The contact asks for second level: “rates”");
    const events = [event(1, "ring", { kind: "join", agent: ANNA }, { internal: true })];
    equal(plain(whyLines({ step: "named", because: "open", agent: BEN }, { me: ANNA.id, events }).at(-1).words), "You were asked to join");
  },
  "An offer is told once, and then what became of it": () => {
    const told = (answered) => plain(line(event(1, "offer", { words: "Anna is free now.", answered })).words);
    equal([told(null), told("yes"), told("lapsed")], ["Anna is free now.", "The offer was accepted", "The offer has lapsed"]);
  },
  "Why did this come to me: the service, who was passed over, who was rung, what was not needed": () => {
    const lines = whyLines({ ...WHY, agent: { id: "ben", name: "Ben Okafor" } }, { me: "ben", ringed: null });
    equal(lines.map(({ mark }) => mark), ["ok", "no", "yes", "none"]);
    equal(plain(lines[2].words), "You (stand-in) were rung");
    equal(plain(lines[3].words), "Not needed: technical, 24/7 pool");
  },
  "A decision for the queue says so": () => {
    const [first] = whyLines({ step: null, because: "closed", skipped: [] }, { me: "ben" });
    equal(first.mark, "no");
  },
  "Every kind that an agent reads has its line; messages and read marks have their own place": () => {
    const told = (kind, data, internal) => line(event(1, kind, data, { by: BEN, internal }));
    that(plain(told("severity", { severity: 1, was: 3 }).words).includes("from 3 Standard to 1 Critical"), "severity");
    that(plain(told("status", { status: "solved", was: "open" }).words).includes("Ben Okafor set the ticket to Solved"), "status");
    that(plain(told("member", { agent: ANNA, joined: true }).words).includes("Anna Kovács joined"), "member");
    that(plain(told("ring", { agent: ANNA, outcome: "timeout" }, true).words).includes("Rang Anna Kovács: no answer"), "ring");
    equal(plain(told("transfer", { to: "technical", note: "rates", outcome: "asked" }, true).words), "Ben Okafor asked for second level: “rates”");
    equal(plain(told("transfer", { to: ANNA, note: "", outcome: "asked" }, true).words), "Ben Okafor asked Anna Kovács to take over");
    equal(plain(told("transfer", { to: ANNA, note: "late", outcome: "accepted" }, true).words), "Ben Okafor handed over to Anna Kovács: “late”");
    equal(plain(told("transfer", { to: ANNA, outcome: "returned" }, true).words), "Anna Kovács did not take over: it stays with Ben Okafor");
    that(plain(told("owner", { owner: ANNA }, true).words).includes("Anna Kovács owns"), "owner");
    that(plain(told("chat", { state: "live", agent: BEN, step: "named" }).words).includes("Ben Okafor (named agent) is in the chat"), "chat");
    equal(plain(told("chat", { state: "ended", words: "You were away." }).words), "The contact reads: “You were away.”");
    equal(plain(told("chat", { state: "ended" }).words), "The chat ended");
    equal([told("message", { body: "x" }), told("read", { by_side: "desk", seq: 1 }), told("a later kind", {})], [null, null, null]);
  },
};
