/* All tickets that this console has heard of, and which of them wait for somebody now. */

import { batch, signal } from "../../vendor/signals-core.js";
import { waits } from "./summary.js";
import { Ticket } from "./ticket.js";

export class Tickets {
  #all = new Map();
  #me;
  #mine = new Set(); // chats that I serve

  constructor(me) {
    this.#me = me;
    this.known = signal(0); // grows with every ticket heard of for the first time
    this.waiting = signal([]); // ids, the longest waiting first
    this.served = signal(null); // the ticket whose chat has just become mine
    this.heard = signal(0); // grows when a list may have to be asked for again
  }

  get(id) { return this.#all.get(id) ?? null; }
  get size() { return this.#all.size; }
  *[Symbol.iterator]() { yield* this.#all.values(); }

  /** Take summaries; gives the tickets, made or changed. */
  merge(summaries) {
    return batch(() => {
      const tickets = summaries.map((summary) => this.#merged(summary));
      this.#queue(tickets);
      return tickets;
    });
  }

  /** An event of a followed stream. False when it was known already or belongs to nothing known. */
  happen(event) {
    const ticket = this.get(event.ticket);
    if (!ticket) return false;
    return batch(() => {
      const fresh = ticket.happen(event, this.#me);
      if (fresh && MOVES.has(event.kind)) {
        this.#queue([ticket]);
        this.heard.value += 1;
      }
      return fresh;
    });
  }

  #serve({ id, summary }) {
    const { chat } = summary.peek();
    const mine = chat?.state === "live" && chat.serving?.id === this.#me;
    if (mine && !this.#mine.has(id)) this.served.value = id;
    if (mine) this.#mine.add(id);
    else this.#mine.delete(id);
  }

  #merged(summary) {
    const known = this.#all.get(summary.ticket);
    if (known) {
      known.summarise(summary);
      return known;
    }
    const ticket = new Ticket(summary);
    this.#all.set(ticket.id, ticket);
    this.known.value += 1;
    return ticket;
  }

  #queue(tickets) {
    for (const ticket of tickets) this.#serve(ticket);
    const before = this.waiting.peek();
    const ids = new Set(before);
    for (const ticket of tickets) {
      if (waits(ticket.summary.peek())) ids.add(ticket.id);
      else ids.delete(ticket.id);
    }
    if (ids.size === before.length && before.every((id) => ids.has(id))) return;
    const since = (id) => this.get(id).summary.peek().chat.waiting_since ?? "";
    this.waiting.value = [...ids].sort((one, other) => (since(one) < since(other) ? -1 : 1));
  }
}

const MOVES = new Set(["chat", "status", "severity", "owner", "member", "message"]);
