/* The list of one view: pages by cursor, refreshed in place, never reordered under a pointer. */

import { batch, signal } from "../../vendor/signals-core.js";

const without = (ids, others) => {
  const known = new Set(others);
  return ids.filter((id) => !known.has(id));
};

export class List {
  #page;
  #merge;
  #turn = 0; // the answer to an older question is dropped
  #held = null;

  /** @param page async ({view, q, cursor}) -> {tickets, next, counts}; @param merge takes summaries. */
  constructor(page, merge) {
    this.#page = page;
    this.#merge = merge;
    this.view = signal("mine");
    this.q = signal("");
    this.ids = signal([]);
    this.next = signal(null);
    this.state = signal("loading"); // loading, more, ready, error
    this.counts = signal({});
    this.hovered = false;
  }

  async show(view, q = "") {
    batch(() => {
      this.view.value = view;
      this.q.value = q;
      this.ids.value = [];
      this.next.value = null;
      this.state.value = "loading";
    });
    this.#held = null;
    await this.#ask(null);
  }

  async more() {
    if (this.state.peek() !== "ready" || !this.next.peek()) return;
    this.state.value = "more";
    await this.#ask(this.next.peek());
  }

  /** The first page again: what is newer comes to the top, what was loaded below stays. */
  async refresh() {
    if (this.state.peek() === "loading" || this.state.peek() === "more") return;
    await this.#ask(null);
  }

  /** The pointer came or left; what had to wait for it moves now. */
  hover(on) {
    this.hovered = on;
    if (!on && this.#held) this.#place(this.#held);
  }

  async #ask(cursor) {
    const turn = ++this.#turn;
    try {
      const page = await this.#page({ view: this.view.peek(), q: this.q.peek(), cursor });
      if (turn === this.#turn) this.#take(page, cursor);
    } catch {
      if (turn === this.#turn) this.state.value = "error";
    }
  }

  #take({ tickets, next, counts }, cursor) {
    batch(() => {
      this.#merge(tickets);
      if (counts) this.counts.value = counts;
      this.state.value = "ready";
      const ids = tickets.map(({ ticket }) => ticket);
      if (cursor) {
        this.ids.value = [...this.ids.peek(), ...without(ids, this.ids.peek())];
        if (this.#held) this.#held = [...this.#held, ...without(ids, this.#held)];
        this.next.value = next;
      } else if (this.ids.peek().length <= ids.length || !next) {
        this.next.value = next;
        this.#arrange(ids);
      } else {
        this.#arrange([...ids, ...without(this.ids.peek(), ids)]);
      }
    });
  }

  #arrange(ids) {
    const now = this.ids.peek();
    const same = now.length === ids.length && now.every((id, place) => id === ids[place]);
    this.#held = null;
    if (same) return;
    if (!this.hovered || !now.length) return this.#place(ids);
    const fresh = without(ids, now);
    if (fresh.length) this.#place([...now, ...fresh]); // below: it moves nothing that is under the pointer
    this.#held = ids;
  }

  #place(ids) {
    this.#held = null;
    this.ids.value = ids;
  }
}
