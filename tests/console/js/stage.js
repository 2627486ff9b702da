/* The whole console on a page, with everything that is not the console passed in: what the desk answers is written here. */

import { h, render } from "../vendor/preact.js";
import { ACTIONS } from "../js/actions.js";
import { App } from "../js/components/app.js";
import { Console } from "../js/console.js";
import { Keyboard } from "../js/keys.js";
import { Settings } from "../js/settings.js";
import { ANNA, BEN, PRIYA, at, event, message, summary } from "./cast.js";
import { LETTERS, PEOPLE_OF_IT, VIEW } from "./letters.js";

const NOW = Date.parse("2026-03-03T09:12:00Z");
const person = (who, more) => ({ ...who, photo: null, status: "available", present: true, load: 1, capacity: 3, absent_until: null, teams: ["dedicated"], roles: ["agent"], ...more });
const PEOPLE = [person(BEN), person(ANNA, { status: "away" }), person({ id: "clara", name: "Clara Nilsson" }, { teams: ["technical"], present: false })];
const WHY = { step: "stand_ins", because: "open", skipped: [{ agent: ANNA, step: "named", reason: "away" }], steps: ["named", "stand_ins", "pool"], next: ["Clara Nilsson"] };
const CUSTOMER = {
  id: "c1", name: "Brightwater Hotels", zone: "Europe/London", playbook: "Call Owen, not Priya, after 16:00.", domains: [],
  add_on: { plan: "All-inclusive", since: at(0), until: "2026-12-31T00:00:00Z", state: "valid" }, named: PEOPLE[1], stand_ins: [PEOPLE[0]],
  hours: { zone: "Europe/Berlin", open: true, until: "2026-03-03T16:00:00Z", next_opening: null, today: [["09:00", "17:00"]] },
  contacts: [{ ...PRIYA, email: "p@x", title: "systems", verified: true, coordinator: false, present: true }],
  tickets: [summary({ ticket: "t9", subject: "Second mailbox", status: "solved", severity: 5 })],
};

const WRITING = {
  ...CUSTOMER, domains: ["brightwater.example"],
  contacts: PEOPLE_OF_IT.map((one) => ({ ...one, email: `${one.id}@brightwater.example`, verified: true, coordinator: false, present: false })),
};

export const ticket = (place, more = {}) => summary({
  ticket: `t${place}`, number: `VD-${2000 + place}`, subject: `Subject ${place}`, status: "open", severity: (place % 5) + 1, last_at: at(place % 60), channel: "chat",
  customer: { id: "c1", name: `Customer ${place}` }, owner: place % 3 ? BEN : ANNA, seq: 0, internal_seq: 0, ...more,
});

class Wire {
  sent = [];
  streams = { seq: () => null, follow: () => null };
  outbox = { discard: (rid) => { this.items = this.items.filter((item) => item.rid !== rid); this.hear.outbox(this.items); } };
  items = [];

  /** What the desk answers to a verb, else a plain ok. */
  constructor(answers) { this.answers = answers; }

  async ask(type, fields) {
    this.sent.push({ type, ...fields });
    return this.answers[type]?.(fields) ?? { type: "ok" };
  }

  put(type, fields) {
    const item = { rid: crypto.randomUUID(), type, fields, state: "waiting" };
    this.sent.push({ type, ...fields });
    this.items = [...this.items, item];
    this.hear.outbox(this.items);
    const refusal = this.answers[type]?.(fields);
    if (refusal) setTimeout(() => { item.state = "refused"; item.refusal = refusal; this.hear.outbox(this.items); });
    return { rid: item.rid, answer: new Promise(() => null) };
  }

  whisper() { return true; }
  retry() {}
}

export function stage({ letters = false, count = 12, tickets = Array.from({ length: count }, (_, place) => ticket(place)), pageSize = 50, answers = {}, zone = "Europe/Berlin" } = {}) {
  const talk = [
    message(1, "Bookings from Lisbon stopped.", { ticket: "t0" }),
    event(2, "chat", { state: "live", agent: BEN, step: "stand_ins", because: "open", words: "Ben is here" }, { ticket: "t0", by: null }),
    message(3, "Hello Priya, Ben here.", { ticket: "t0", by: BEN }),
    event(1, "message", { body: "Clara has the script.", files: [], rid: "n1" }, { ticket: "t0", by: ANNA, internal: true, second: 4 }),
    event(4, "message", { body: "", files: [{ file: "f", name: "error.txt", type: "text/plain", bytes: 4000 }], rid: "r4" }, { ticket: "t0", second: 5 }),
  ];
  const rest = {
    tickets: async ({ view, q, cursor }) => {
      const from = Number(cursor ?? 0);
      const all = view === "technical" ? [] : tickets.filter(({ subject }) => !q || subject.includes(q));
      const next = from + pageSize < all.length ? String(from + pageSize) : null;
      return { tickets: all.slice(from, from + pageSize), next, counts: { mine: tickets.length, waiting: 1 } };
    },
    ticket: async (id) => {
      const found = tickets.find((one) => one.ticket === id);
      if (!found) throw Object.assign(new Error("not found"), { status: 404 });
      const mine = id === "t0" ? (letters ? LETTERS : talk) : [];
      return { ticket: { ...found, members: [], participants: letters ? PEOPLE_OF_IT : [], why: WHY, rating: null }, public: mine.filter(({ stream }) => stream === id), internal: mine.filter(({ stream }) => stream !== id), viewers: [ANNA] };
    },
    customer: async () => (letters ? WRITING : CUSTOMER),
    mail: async () => VIEW,
    people: async () => ({ agents: PEOPLE }),
    upload: async (file) => ({ file: "kept", name: file.name, type: file.type, bytes: file.size, picture: false }),
    signOut: async () => null,
  };
  const console = new Console({ me: PEOPLE[0], zone, rest, settings: new Settings(localStorage, document.documentElement), storage: localStorage, now: () => NOW });
  console.wire = new Wire(answers);
  console.wire.hear = console.ears;
  new Keyboard(ACTIONS, console).connect(document);
  console.ears.state({ state: "live" });
  console.ears.ready({ type: "ready", you: BEN, people: PEOPLE, tickets: tickets.slice(0, 1), rings: [], offers: [] });
  console.connect();
  document.getElementById("console").replaceChildren();
  render(h(App, { console }), document.getElementById("console"));
  return console;
}

/** A ring as it reaches Ben. */
export const ring = (more = {}) => ({
  type: "ring", ring: "r1", kind: "serve", ticket: "t1", expires_at: "2026-03-03T09:12:18Z", customer: { id: "c2", name: "Ostrava Freight" },
  contact: { id: "k", name: "Karel Novotný", verified: true }, severity: 1, why: WHY, text: "Chat is down for all our drivers.", number: 2390, subject: "Chat down", ...more,
});

export const late = message(5, "Correction: it is Porto too.", { ticket: "t0", second: 50 });
export const stale = { code: "stale", message: "Something new was said.", frame: { events: [late] } };
