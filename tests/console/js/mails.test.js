import { line } from "../js/lines.js";
import { plainReason, stateWords } from "../js/delivery.js";
import { byMail, others } from "../js/store/mails.js";
import { Desk } from "../js/store/desk.js";
import { equal, that } from "./check.js";
import { BEN, PRIYA, at, event, message, summary } from "./cast.js";
import { byMail as asMail, came, left } from "./letters.js";

const desk = (fields = {}) => {
  const made = new Desk({ id: "ben", name: "Ben Okafor" }, () => Date.parse(at(30)));
  made.take({ type: "ready", you: { id: "ben", name: "Ben Okafor", roles: ["agent"] }, tickets: [summary({ ticket: "t0", ...fields })], rings: [], offers: [] });
  return made;
};
const ticketOf = (made) => made.tickets.get("t0");
const OWEN = { id: "owen", name: "Owen Hughes", role: "contact" };
const contacts = [{ ...PRIYA, email: "priya@brightwater.example" }, { ...OWEN, email: "Owen@Brightwater.example" }, { id: "kim", name: "Kim", email: null }];
const said = (seq, channel, by = PRIYA) => ({ ...message(seq, "x", { ticket: "t0", by }), data: { body: "x", files: [], channel, rid: `r${seq}` } });

export const tests = {
  "How a mail came is known by the seq of its message": () => {
    const made = desk();
    made.take(came(1, { seq: 4, proven: false }));
    equal(ticketOf(made).mails.came.value.get(4).proven, false);
  },
  "What became of a mail is what was told last, in whichever order it comes": () => {
    const made = desk();
    for (const one of [left(2, 3, "accepted"), left(1, 3, "queued")]) ticketOf(made).take([one]);
    equal(ticketOf(made).mails.left.value.get(3).state, "accepted");
  },
  "A mail that carries several messages is on each of them": () => {
    const made = desk();
    made.take(left(1, 3, "accepted", { kind: "unread", seqs: [3, 5] }));
    equal([...ticketOf(made).mails.left.value.keys()], [3, 5]);
  },
  "A reply can be taken back until it leaves": () => {
    const made = desk();
    made.take(left(1, 3, "queued", { send_at: at(35) }));
    that(ticketOf(made).mails.leaving(Date.parse(at(34))), "there is a second left");
    equal(ticketOf(made).mails.leaving(Date.parse(at(35))), null);
    made.take(left(2, 3, "sending", { send_at: at(35) }));
    equal(ticketOf(made).mails.leaving(Date.parse(at(34))), null);
  },
  "A mail in doubt is asked about until that is decided": () => {
    const made = desk();
    made.take(left(1, 3, "ambiguous", { asked_at: at(20) }));
    made.take(left(2, 5, "ambiguous", { asked_at: null }));
    equal(ticketOf(made).mails.doubted().mail, "out3");
    made.take(left(3, 3, "queued", { asked_at: null, decided: "again" }));
    equal(ticketOf(made).mails.doubted(), null);
  },
  "Who decided of a mail in doubt is a line of the talk": () => {
    const said = (decided, by) => line({ ...left(1, 3, "queued", { decided }), by });
    equal(line(left(1, 3, "queued")), null);
    for (const decided of ["again", "arrived"]) that(said(decided, BEN).words.length > 1, decided);
  },
  "The start of the clock is that of the earliest mail that nobody answered": () => {
    const made = desk();
    made.take(came(1, { starts_at: at(40) }));
    made.take(came(2, { starts_at: at(50) }));
    equal(ticketOf(made).summary.value.starts_at, at(40));
    made.take(event(3, "message", { body: "a note", files: [] }, { ticket: "t0", by: BEN, internal: true }));
    equal(ticketOf(made).summary.value.starts_at, at(40));
    made.take(said(1, "mail", BEN));
    equal(ticketOf(made).summary.value.starts_at, null);
    made.take(came(4, { starts_at: at(50) }));
    made.take(event(2, "status", { status: "solved", was: "open" }, { ticket: "t0" }));
    equal(ticketOf(made).summary.value.starts_at, null);
  },
  "A reply goes by mail when their last words came so and nobody chats": () => {
    const is = (events, more = {}, people = [PRIYA, OWEN]) => byMail(events, summary({ ticket: "t0", ...more }), people, contacts);
    const both = is([said(1, "chat"), said(2, "mail"), said(3, "mail", BEN)]);
    equal([both.to.email, both.cc.map(({ name }) => name)], ["priya@brightwater.example", ["Owen Hughes"]]);
    equal(is([said(1, "mail", OWEN)]).to.id, "owen");
    equal(is([said(1, "mail"), said(2, "chat")]), null);
    equal(is([said(1, "mail")], { chat: { id: "c", state: "live" } }), null);
    equal(is([said(1, "mail")], {}, [{ id: "kim", name: "Kim" }]), null);
  },
  "Of those in copy strangers are told from who is on the ticket": () => {
    const customer = { domains: ["brightwater.example"], contacts: [...contacts, { id: "mia", name: "Mia", email: "mia@agency.example" }] };
    const mail = { others: ["OWEN@brightwater.example", "new@brightwater.example", "mia@agency.example", "x@post.example"], strangers: ["mia@agency.example", "x@post.example"], cc: [{ name: "A name", address: "x@post.example" }] };
    equal(others(mail, customer, [OWEN]).map(({ here, name }) => `${here} ${name}`), ["true Owen Hughes", "true ", "false Mia", "false A name"]);
    equal(others(mail, customer, [OWEN, { id: "mia" }])[2].here, true);
  },
  "A mail server's reason has plain words": () => {
    equal(plainReason("550 5.1.1 <x@y>: User unknown"), "There is no such address.");
    equal(plainReason("552-5.2.2 The account is over quota"), "Their mailbox is full.");
    equal(plainReason("552 5.3.4 too big"), "It is larger than their mail server takes.");
    equal(plainReason("550 5.7.26 Unauthenticated"), "Their mail server does not let it in.");
    equal(plainReason("4.4.1 no answer from host"), "Their mail server could not be reached.");
    equal(plainReason("no"), "Their mail server refused it.");
    equal(plainReason(null), "Their mail server refused it.");
  },
  "Every state of a mail has its words": () => {
    for (const state of ["queued", "sending", "accepted", "ambiguous", "deferred", "bounced", "withdrawn", "handed"]) that(stateWords(state) !== state || state === "bounced", state);
  },
};
