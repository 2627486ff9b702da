import { Desk } from "../js/store/desk.js";
import { Screen } from "../js/store/screen.js";
import { equal, that } from "./check.js";
import { ANNA, BEN, PRIYA, at, event, message, summary } from "./cast.js";

const desk = (tickets = [summary()]) => {
  const made = new Desk({ id: "ben", name: "Ben Okafor" }, () => Date.parse(at(30)));
  made.take({ type: "ready", you: { id: "ben", name: "Ben Okafor", roles: ["agent"] }, tickets, rings: [], offers: [] });
  return made;
};
const bodies = (ticket) => ticket.events.value.map(({ data }) => data.body);

export const tests = {
  "Old summary and events make the summary that the desk would give now": () => {
    const made = desk();
    made.take(message(1, "Help"));
    made.take(event(2, "chat", { state: "live", step: "named", because: "open", agent: { id: "ben", name: "Ben Okafor" }, words: "Ben is here" }));
    made.take(event(3, "severity", { severity: 1, was: 3 }));
    made.take(event(4, "status", { status: "open", was: "new" }));
    made.take(event(5, "read", { by_side: "desk", seq: 4 }));
    made.take(event(1, "owner", { owner: { id: "ben", name: "Ben Okafor" } }, { internal: true, second: 6 }));
    const now = made.tickets.get("t1").summary.value;
    equal([now.seq, now.internal_seq, now.severity, now.status, now.read_desk, now.owner.id], [5, 1, 1, "open", 4, "ben"]);
    equal([now.chat.state, now.chat.serving.id, now.chat.step], ["live", "ben", "named"]);
    equal([now.said_at, now.last_at, now.last.text], [at(1), at(6), "Help"]);
  },
  "A chat that left its agent has no serving agent any more": () => {
    const made = desk([summary({ chat: { id: "x", state: "live", serving: { id: "ben", name: "Ben" } } })]);
    made.take(event(1, "chat", { state: "waiting", words: "In the queue" }));
    equal(made.tickets.get("t1").summary.value.chat.serving, null);
  },
  "Both streams are merged by time": () => {
    const made = desk();
    made.take(message(1, "one", { second: 1 }));
    made.take(message(2, "three", { second: 5 }));
    made.take(message(1, "two, a note", { second: 3, internal: true, by: ANNA }));
    equal(bodies(made.tickets.get("t1")), ["one", "two, a note", "three"]);
  },
  "An event that comes twice is drawn once": () => {
    const made = desk();
    that(made.take(message(1, "once")), "the first is new");
    that(!made.take(message(1, "once")), "the second is not");
    equal(bodies(made.tickets.get("t1")), ["once"]);
    equal(made.tickets.get("t1").summary.value.unread, 1);
  },
  "Replayed history does not move the summary back": () => {
    const made = desk([summary({ seq: 9, status: "solved", severity: 2, unread: 0 })]);
    made.take(event(3, "status", { status: "open", was: "new" }));
    made.take(message(4, "old words"));
    const now = made.tickets.get("t1").summary.value;
    equal([now.status, now.seq, now.unread], ["solved", 9, 0]);
  },
  "My own messages are not unread, those of others are": () => {
    const made = desk();
    made.take(message(1, "mine", { by: BEN }));
    equal(made.tickets.get("t1").summary.value.unread, 0);
    made.take(message(2, "theirs", { by: PRIYA }));
    made.take(message(1, "a note of Anna's", { by: ANNA, internal: true }));
    equal(made.tickets.get("t1").summary.value.unread, 2);
  },
  "A summary that is behind what was shown changes nothing": () => {
    const made = desk();
    made.take(event(1, "status", { status: "open", was: "new" }));
    made.take({ type: "inbox", ...summary({ seq: 0, status: "new" }) });
    equal(made.tickets.get("t1").summary.value.status, "open");
  },
  "A page that does not reach what was loaded replaces it, so that no gap is drawn": () => {
    const made = desk();
    made.take(message(1, "old"));
    made.take(message(1, "a note", { internal: true, second: 2 }));
    const ticket = made.tickets.get("t1");
    ticket.renew("t1", [message(2, "next", { second: 3 })]);
    equal(bodies(ticket), ["old", "a note", "next"]);
    ticket.renew("t1", [message(60, "much later", { second: 8 }), message(61, "new", { second: 9 })]);
    equal(bodies(ticket), ["a note", "much later", "new"]);
    equal([ticket.first("public"), ticket.lastPublic, ticket.older], [60, 61, true]);
  },
  "A reset replaces the stream and keeps the other one": () => {
    const made = desk();
    made.take(message(1, "old"));
    made.take(message(1, "a note", { internal: true, second: 2 }));
    made.take({ type: "reset", stream: "t1", seq: 900, snapshot: { ticket: summary({ seq: 900 }), events: [message(899, "near the end", { second: 8 }), message(900, "new", { second: 9 })] } });
    equal(bodies(made.tickets.get("t1")), ["a note", "near the end", "new"]);
    that(made.tickets.get("t1").older, "there is more before it");
  },
  "Who waits stands in the queue, the longest first, and leaves it when served": () => {
    const waiting = (id, since) => summary({ ticket: id, chat: { id, state: "waiting", waiting_since: since, serving: null } });
    const made = desk([waiting("late", at(9)), waiting("early", at(1)), summary()]);
    equal(made.tickets.waiting.value, ["early", "late"]);
    made.take(event(1, "chat", { state: "live", agent: BEN }, { ticket: "early" }));
    equal(made.tickets.waiting.value, ["late"]);
  },
  "A ring shows until it is gone, and one that was answered never comes back": () => {
    const made = desk();
    const ring = { type: "ring", ring: "r1", ticket: "t1", expires_at: at(25) };
    made.take(ring);
    equal(made.rings.open.value.map(({ ring: id }) => id), ["r1"]);
    made.rings.answer("r1");
    made.take(ring);
    equal(made.rings.open.value, []);
  },
  "A heartbeat that left before the ring began does not end it, two do": () => {
    const made = desk();
    made.take({ type: "ring", ring: "r1", ticket: "t1", expires_at: at(25) });
    made.take({ type: "heartbeat", rings: [], heads: {} });
    equal(made.rings.open.value.length, 1);
    made.take({ type: "heartbeat", rings: [], heads: {} });
    equal(made.rings.open.value.length, 0);
  },
  "Of many notices the oldest harmless ones go, and none that is bad": () => {
    const screen = new Screen();
    const texts = () => screen.notices.value.map(({ text }) => text);
    for (const [text, tone] of [["a", "bad"], ["b", "good"], ["c", "bad"], ["d", "care"]]) screen.notice(text, tone);
    equal(texts(), ["a", "c", "d"]);
    for (const text of ["e", "f"]) screen.notice(text, "bad");
    equal(texts(), ["a", "c", "e", "f"]);
    screen.notice("g", "good");
    equal(texts(), ["a", "c", "e", "f", "g"]);
    for (const text of ["h", "i"]) screen.notice(text, "good");
    equal(texts(), ["a", "c", "e", "f", "i"]);
  },
  "A ring that the desk knows and this console does not is noticed": () => {
    equal(desk().rings.unknown(["r9"]), ["r9"]);
  },
  "Typing ends by itself, and when the message comes": () => {
    const made = desk();
    const ticket = made.tickets.get("t1");
    made.take({ type: "typing", ticket: "t1", by: PRIYA, on: true });
    equal(ticket.typing.value.length, 1);
    ticket.settle(Date.parse(at(30)) + 6001);
    equal(ticket.typing.value.length, 0);
    made.take({ type: "typing", ticket: "t1", by: PRIYA, on: true });
    made.take(message(1, "said"));
    equal(ticket.typing.value.length, 0);
  },
  "I am not among those who look": () => {
    const made = desk();
    made.take({ type: "viewers", ticket: "t1", agents: [BEN, ANNA] });
    equal(made.tickets.get("t1").viewers.value.map(({ id }) => id), ["anna"]);
  },
  "My own presence follows what the desk says of me": () => {
    const made = desk();
    made.take({ type: "people", agents: [{ id: "ben", status: "away", present: true }, { id: "anna", status: "available", present: true }] });
    equal([made.me.value.status, made.people.get("anna").status], ["away", "available"]);
  },
  "An unknown frame is let pass": () => {
    equal(desk().take({ type: "something new" }), false);
  },
};
