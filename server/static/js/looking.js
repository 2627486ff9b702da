/* Looking at a ticket: its page is fetched, its streams are followed, others are told, and what was seen is marked read. */

import { effect } from "../vendor/signals-core.js";

const HISTORY = 50;

export class Looking {
  #console;
  #told = null; // the ticket the desk knows we look at
  #marked = new Map(); // ticket -> last seq marked read
  #asking = false;

  constructor(console) { this.#console = console; }

  /** Returns its own end. */
  connect() {
    const visible = () => this.#mark();
    document.addEventListener("visibilitychange", visible);
    window.addEventListener("focus", visible);
    const stop = effect(() => {
      const ticket = this.#console.current();
      // also a page of the list that was asked for before the desk knew what we have read
      const unread = ticket?.summary.value.unread;
      if (ticket?.events.value.length || unread) queueMicrotask(visible);
    });
    return () => {
      stop();
      document.removeEventListener("visibilitychange", visible);
      window.removeEventListener("focus", visible);
    };
  }

  async at(id) {
    const { desk, rest, screen } = this.#console;
    try {
      const page = await rest.ticket(id);
      const { members, participants, why, rating, ...summary } = page.ticket;
      const [ticket] = desk.tickets.merge([summary]);
      ticket.renew(ticket.public, page.public);
      ticket.renew(ticket.internal, page.internal);
      ticket.detail.value = { members, participants, why, rating };
      ticket.opened.value = true;
      if (page.viewers?.length) ticket.viewers.value = page.viewers.filter((viewer) => viewer.id !== desk.me.peek().id);
      if (screen.ticket.peek() === id) await this.#tell(ticket);
      await this.customer(summary.customer?.id);
    } catch (error) {
      if (screen.ticket.peek() === id) screen.ask("gone", { ticket: id, status: error.status ?? 0 });
    }
  }

  /** The line is back: what is open is told and followed again. */
  async again() {
    this.#told = null;
    const ticket = this.#console.current();
    if (ticket?.opened.peek()) await this.#tell(ticket);
  }

  async away() {
    const { screen, wire } = this.#console;
    const id = screen.ticket.peek();
    screen.ticket.value = null;
    if (id && this.#told === id) wire.ask("view", { ticket: id, on: false }).catch(() => null);
    this.#told = null;
  }

  async customer(id) {
    if (!id) return;
    const { customers, desk, rest } = this.#console;
    const page = await rest.customer(id).catch(() => null);
    if (!page) return;
    customers.value = new Map(customers.peek()).set(id, page);
    desk.people.merge([page.named, ...(page.stand_ins ?? [])].filter(Boolean));
  }

  /** The page of events before the loaded ones, of the stream that has more. */
  async earlier(ticket) {
    if (this.#asking || !ticket.older) return;
    this.#asking = true;
    try {
      for (const side of ["public", "internal"]) {
        const before = ticket.first(side);
        if (before === null || before <= 1) continue;
        const answer = await this.#console.wire.ask("history", { stream: ticket[side], before, limit: HISTORY });
        ticket.take(answer.events);
      }
    } catch {
      // the button stays: it can be asked for again
    } finally {
      this.#asking = false;
    }
  }

  async #tell(ticket) {
    const { screen, wire } = this.#console;
    if (this.#told && this.#told !== ticket.id) wire.ask("view", { ticket: this.#told, on: false }).catch(() => null);
    this.#told = ticket.id;
    const refused = await wire.ask("view", { ticket: ticket.id, on: true }).then(() => null, (refusal) => refusal.code);
    if (refused === "not_found" && screen.ticket.peek() === ticket.id) return screen.ask("gone", { ticket: ticket.id, status: 404 });
    this.#follow(ticket.public, ticket.lastPublic);
    this.#follow(ticket.internal, ticket.lastInternal);
    this.#mark();
  }

  /** From what is drawn on, unless the wire shows exactly that already. */
  #follow(stream, last) {
    const { streams } = this.#console.wire;
    const shown = streams.seq(stream);
    if (shown === null || shown > last) streams.follow(stream, last);
  }

  #mark() {
    const ticket = this.#console.current();
    if (!ticket?.opened.peek() || document.visibilityState !== "visible") return;
    const seq = ticket.lastSaid;
    if (ticket.summary.peek().unread) ticket.patch({ unread: 0 });
    if (!seq || (this.#marked.get(ticket.id) ?? 0) >= seq) return;
    this.#marked.set(ticket.id, seq);
    this.#console.wire.ask("read", { ticket: ticket.id, seq }).catch(() => this.#marked.delete(ticket.id));
  }
}
