/* The console of one agent: store, screen and wire put together, and what a person can do on the screen.
   Verbs of the desk are in verbs.js, what is written in composing.js, sound and notices of rings in ringer.js. */

import { batch, effect, signal, untracked } from "../vendor/signals-core.js";
import { Composer } from "./composing.js";
import { Looking } from "./looking.js";
import { Desk } from "./store/desk.js";
import { Drafts } from "./store/drafts.js";
import { List } from "./store/list.js";
import { presence } from "./store/people.js";
import { Screen } from "./store/screen.js";
import { Verbs } from "./verbs.js";
import { alarmWords, t } from "./words.js";

const REFRESH_MS = 400;
export const VIEWS = ["mine", "customers", "waiting", "all", "technical", "pool", "solved"];

export class Console {
  #refreshing = null;
  #mails = new Map(); // rid of a message -> what was kept of the mail that it came by

  /** @param parts {me, zone, rest, settings, storage, now}: now() is the desk's time in milliseconds. `wire` (a Line) comes after. */
  constructor({ me, zone, rest, settings, storage, now }) {
    Object.assign(this, { rest, settings, now, zone });
    this.wire = null;
    this.outbox = signal([]);
    this.desk = new Desk(me, now);
    this.screen = new Screen();
    this.drafts = new Drafts(storage, me.id);
    this.list = new List((question) => rest.tickets(question), (summaries) => this.desk.tickets.merge(summaries));
    this.customers = signal(new Map());
    this.taken = signal(null); // the mail that is being taken back
    this.second = signal(now()); // what shows time reads this: it moves once a second
    this.verbs = new Verbs(this);
    this.looking = new Looking(this);
    this.composer = new Composer(this);
  }

  connect() {
    this.stops = [
      effect(() => {
        if (this.desk.tickets.heard.value) this.#refreshSoon();
      }),
      effect(() => {
        if (this.desk.tickets.served.value) untracked(() => this.#served(this.desk.tickets.served.peek()));
      }),
      this.looking.connect(),
    ];
    this.ticking = setInterval(() => this.#tick(), 1000);
    this.list.show("mine");
  }

  disconnect() {
    for (const stop of this.stops) stop();
    clearInterval(this.ticking);
    clearTimeout(this.#refreshing);
  }

  /** The open ticket, null until the desk has told of it. */
  current() {
    const { tickets } = this.desk;
    return tickets.known.value && this.screen.ticket.value ? tickets.get(this.screen.ticket.value) : null;
  }

  inChat() {
    const chat = this.current()?.summary.value.chat;
    const mine = this.desk.me.value.id;
    return chat?.serving?.id === mine || (this.current()?.detail.value?.members ?? []).some(({ id }) => id === mine);
  }

  show(view) {
    batch(() => {
      this.screen.pane.value = "list";
      this.screen.cursor.value = null;
      this.screen.searching.value = false;
    });
    return this.list.show(view);
  }

  search() {
    this.screen.pane.value = "list";
    this.screen.searching.value = true;
  }

  find(q) { return this.list.show(q ? "all" : this.list.view.peek(), q); }

  endSearch() {
    this.screen.searching.value = false;
    if (this.list.q.peek()) this.list.show(this.list.view.peek());
  }

  /** J and K: the cursor, from the open ticket if it stands nowhere. */
  move(by) {
    const ids = this.list.ids.peek();
    if (!ids.length) return;
    const at = ids.indexOf(this.screen.cursor.peek() ?? this.screen.ticket.peek());
    const to = at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, at + by));
    this.screen.cursor.value = ids[to];
    if (to > ids.length - 10) this.list.more();
  }

  async open(id) {
    this.screen.open(id);
    await this.looking.at(id);
  }

  back() {
    if (this.screen.searching.peek()) this.endSearch();
    else if (this.screen.pane.peek() === "list") this.looking.away();
    else this.screen.back();
    requestAnimationFrame(() => document.querySelector(".tk[tabindex='0']")?.focus());
  }

  /** The session is over: what was written stays, a person signs in again. */
  lost() { this.desk.link.value = { state: "refused", since: this.now(), code: 4401 }; }

  /** What the wire tells. */
  get ears() {
    return {
      state: (state) => this.#line(state),
      ready: (frame) => this.#ready(frame),
      event: (event) => this.desk.take(event),
      reset: (frame) => this.desk.take(frame),
      frame: (frame) => this.#frame(frame),
      outbox: (items) => this.#outbox(items),
    };
  }

  /** Messages to this ticket that the desk has not confirmed. */
  unsent(ticket) {
    return this.outbox.value.filter(({ type, fields, rid, state }) => type === "say" && fields.ticket === ticket.id && state !== "refused" && !ticket.shows(rid));
  }

  /** What was kept of a mail that came; null when it cannot be had now. Asked for once. */
  mail(id) {
    if (!this.#mails.has(id)) {
      this.#mails.set(id, this.rest.mail(id).catch(() => {
        this.#mails.delete(id);
        return null;
      }));
    }
    return this.#mails.get(id);
  }

  async addPerson(ticket, { address, name }) {
    if (await this.verbs.addPerson(ticket, address, name)) await this.looking.customer(ticket.summary.peek().customer?.id);
  }

  /** My answer of the open ticket that has not left yet: {mail, seq, name, seconds}; null when there is none. */
  leaving() {
    const ticket = this.current();
    const mail = ticket?.mails.leaving(Math.max(this.second.value, this.now()));
    const message = mail && ticket.events.value.find(({ kind, stream, seq, by }) => kind === "message" && stream === ticket.id && seq === mail.seqs[0] && by?.id === this.desk.me.value.id);
    if (!message || this.taken.value === mail.mail) return null;
    const to = mail.recipients.find(({ role }) => role === "to");
    return { mail: mail.mail, message, name: to?.name || to?.address || "", seconds: Math.ceil((Date.parse(mail.send_at) - this.now()) / 1000) };
  }

  async takeBack() {
    const leaving = this.leaving();
    if (!leaving) return;
    this.taken.value = leaving.mail;
    const answer = await this.verbs.takeBack(this.current(), leaving.mail);
    if (answer) this.composer.again(leaving.message);
  }

  /** A mail of the open ticket of which nobody knows whether it arrived. */
  doubted() { return this.current()?.mails.doubted() ?? null; }

  /** An answer that never left is in the draft again. */
  async takeBackUnsent(ticket, mail, message) {
    if (await this.verbs.takeBack(ticket, mail.mail)) this.composer.again(message);
  }

  /** @param verb "sendAgain", "tryAgain" or "markArrived" */
  decide(ticket, mail, verb) { return this.verbs[verb](ticket, mail.mail); }

  ring() { return this.desk.rings.open.value[0] ?? null; }

  async pickUp(ring = this.ring()) {
    const answer = await this.verbs.accept(ring);
    if (answer) await this.open(answer.ticket ?? ring.ticket);
  }

  passOn(ring = this.ring()) { this.screen.ask("decline", { ring }); }

  leave() { return this.verbs.leave(this.current()); }

  toggleAway() { return this.verbs.presence(presence(this.desk.me.peek()) === "available" ? "away" : "available"); }

  toggleAuto() {
    const me = this.desk.me.peek();
    return this.verbs.presence(me.status ?? "available", !me.auto_answer);
  }

  switchTheme() {
    const dark = this.settings.theme.peek() === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : this.settings.theme.peek() === "dark";
    this.settings.theme.value = dark ? "light" : "dark";
  }

  administers() { return (this.desk.me.value.roles ?? []).includes("admin"); }

  administer() { location.assign("/admin"); }

  showWhy() {
    this.screen.side.value = true;
    requestAnimationFrame(() => document.querySelector(".why")?.focus());
  }

  changeHeld() {
    const ticket = this.current();
    this.drafts.rebase(ticket.id, "reply", ticket.lastPublic);
    this.screen.release(ticket.id);
    this.composer.start("reply");
  }

  async signOut() {
    await this.rest.signOut().catch(() => null);
    location.assign("/login");
  }

  /** The summaries of who stands in the queue, the longest first; whom a ring is out for does not. */
  queue() {
    return this.desk.tickets.waiting.value.map((id) => this.desk.tickets.get(id).summary.value).filter(({ chat }) => chat?.state === "waiting");
  }

  title() {
    const ring = this.ring();
    if (ring) return t("Ring: {name}", { name: ring.customer?.name ?? "" });
    return this.current()?.summary.value.subject || t("Console");
  }

  #line({ state, code }) {
    const link = this.desk.link.peek();
    if (state === "live") this.desk.link.value = { state, since: null };
    else if (state === "over") this.desk.link.value = { state: "refused", since: this.now(), code };
    else if (link.state === "live") this.desk.link.value = { state: "lost", since: this.now() };
  }

  async #ready(frame) {
    this.second.value = this.now(); // the desk's clock is known from here on
    this.desk.take(frame);
    this.looking.again();
    if (!frame.people) this.desk.people.merge((await this.rest.people().catch(() => ({ agents: [] }))).agents);
  }

  /** Automatic answer: the chat opens at once, unless something else is being written. */
  #served(id) {
    if (!this.desk.me.peek().auto_answer || this.screen.ticket.peek() === id) return;
    this.ringer?.chime();
    const { customer } = this.desk.tickets.get(id).summary.peek();
    if (document.activeElement?.closest("textarea, input, dialog")) this.screen.notice(t("Answered for you: {name} is in the chat.", { name: customer?.name ?? "" }), "care");
    else this.open(id);
  }

  #frame(frame) {
    this.desk.take(frame);
    if (frame.type === "alarm") this.#alarm(frame);
    if (frame.type === "inbox" && !(frame.summary ?? frame).in_doubt) this.screen.settle((frame.summary ?? frame).ticket, "in_doubt");
    if (frame.type === "heartbeat" && this.desk.rings.unknown(frame.rings ?? []).length) this.wire.retry();
  }

  /** Something needs a person now, or does no more. */
  #alarm(frame) {
    if (frame.why === "settled") return this.screen.settle(frame.ticket, "late");
    const words = alarmWords(frame);
    if (this.screen.notices.peek().some(({ text, ticket }) => text === words && ticket === (frame.ticket ?? null))) return;
    this.screen.notice(words, frame.state === "over" ? "good" : "bad", frame.ticket, frame.why);
    if (frame.state !== "over") this.ringer?.alarm(words);
  }

  #outbox(items) {
    this.outbox.value = [...items];
    const refused = items.filter(({ state }) => state === "refused");
    if (refused.length) queueMicrotask(() => this.composer.refused(refused));
  }

  #refreshSoon() {
    clearTimeout(this.#refreshing);
    this.#refreshing = setTimeout(() => this.list.refresh(), REFRESH_MS);
  }

  #tick() {
    this.second.value = this.now();
    this.current()?.settle(this.now());
  }
}
