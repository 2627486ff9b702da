/* One ticket as this agent sees it: its summary, the events of both streams merged by `at`, and who is there now. */

import { signal } from "../../vendor/signals-core.js";
import { Mails } from "./mails.js";
import { changed } from "./summary.js";

export class Ticket {
  #seen = new Set(); // "<stream> <seq>"
  #rids = new Set(); // of messages that are drawn
  #first = { public: null, internal: null };
  #last = { public: 0, internal: 0 };

  constructor(summary) {
    this.id = summary.ticket;
    this.summary = signal(summary);
    this.events = signal([]);
    this.mails = new Mails();
    this.detail = signal(null); // members, participants, why, rating: from the page of the ticket
    this.typing = signal([]);
    this.viewers = signal([]);
    this.place = signal(null);
    this.opened = signal(false);
  }

  get public() { return this.id; }
  get internal() { return `${this.id}/i`; }
  get lastPublic() { return this.#last.public; }
  /** The last of the public stream that is no read mark: what there is to read. */
  get lastSaid() {
    const said = this.events.peek().findLast(({ stream, kind }) => stream === this.id && kind !== "read");
    return said ? said.seq : 0;
  }
  get lastInternal() { return this.#last.internal; }

  /** The first loaded seq of a stream ("public", "internal"), null while nothing of it is loaded. */
  first(side) { return this.#first[side]; }

  /** True while the desk holds events before the loaded ones. */
  get older() { return (this.#first.public ?? 1) > 1 || (this.#first.internal ?? 1) > 1; }

  /** A newer summary replaces the old one; one that is behind what was already shown changes nothing. */
  summarise(summary) {
    const now = this.summary.peek();
    if ((summary.seq ?? 0) < (now.seq ?? 0) || (summary.internal_seq ?? 0) < (now.internal_seq ?? 0)) return;
    this.summary.value = { ...now, ...summary };
  }

  patch(fields) { this.summary.value = { ...this.summary.peek(), ...fields }; }

  /** Events in any order, old or new; doubles are dropped. Returns those that were new. */
  take(events) {
    const fresh = events.filter((event) => this.#isNew(event));
    if (!fresh.length) return fresh;
    const now = this.events.peek();
    const sorted = fresh.length > 1 ? [...fresh].sort(byTime) : fresh;
    const follows = !now.length || byTime(now.at(-1), sorted[0]) <= 0;
    this.events.value = follows ? [...now, ...sorted] : [...now, ...sorted].sort(byTime);
    for (const { data } of fresh) if (data?.rid) this.#rids.add(data.rid);
    this.mails.take(fresh.filter(({ stream }) => stream !== this.id));
    return fresh;
  }

  /** One event that has just happened: it is drawn, and it moves the summary. */
  happen(event, me) {
    if (!this.take([event]).length) return false;
    const now = this.summary.peek();
    const known = event.stream === this.id ? now.seq : now.internal_seq;
    if (event.seq > (known ?? 0)) this.summary.value = changed(now, event, me); // a replayed one is in the summary already
    if (event.kind === "message") this.typing.value = this.typing.peek().filter(({ by }) => by.id !== event.by?.id);
    if (event.kind === "decision") this.#decided(event.data);
    if (event.kind === "member") this.#joined(event.data);
    return true;
  }

  /** The desk gave a whole new picture of a stream (`reset`): what was loaded of it is replaced. */
  reset(stream, summary, events) {
    const side = stream === this.id ? "public" : "internal";
    this.events.value = this.events.peek().filter((event) => event.stream !== stream);
    for (const key of this.#seen) if (key.startsWith(`${stream} `)) this.#seen.delete(key);
    this.#first[side] = null;
    this.#last[side] = 0;
    this.summary.value = { ...this.summary.peek(), ...summary };
    this.take(events);
  }

  /** The newest events of a stream, in order; what was loaded before goes when something between is missing. */
  renew(stream, events) {
    const last = this.#last[stream === this.id ? "public" : "internal"];
    if (last && events[0]?.seq > last + 1) this.reset(stream, {}, events);
    else this.take(events);
  }

  /** True when the message that was sent with this rid is drawn already. */
  shows(rid) { return this.#rids.has(rid); }

  type(by, on, until) {
    const others = this.typing.peek().filter((entry) => entry.by.id !== by.id);
    if (on || others.length !== this.typing.peek().length) this.typing.value = on ? [...others, { by, until }] : others;
  }

  /** Typing that was not renewed ends by itself. */
  settle(now) {
    const left = this.typing.peek().filter(({ until }) => until > now);
    if (left.length !== this.typing.peek().length) this.typing.value = left;
  }

  #isNew(event) {
    const key = `${event.stream} ${event.seq}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    const side = event.stream === this.id ? "public" : "internal";
    this.#first[side] = Math.min(this.#first[side] ?? event.seq, event.seq);
    this.#last[side] = Math.max(this.#last[side], event.seq);
    return true;
  }

  #decided(why) { this.detail.value = { ...this.detail.peek(), why }; }

  #joined({ agent, contact, joined }) {
    const field = agent ? "members" : "participants";
    const who = agent ?? contact;
    const rest = (this.detail.peek()?.[field] ?? []).filter(({ id }) => id !== who.id);
    this.detail.value = { ...this.detail.peek(), [field]: joined ? [...rest, who] : rest };
  }
}

const byTime = (one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0);
