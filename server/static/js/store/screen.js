/* What is on the screen: the open ticket, the pane of a phone, the dialog, notices. No facts of the desk. */

import { batch, signal } from "../../vendor/signals-core.js";

const MOST_NOTICES = 3;

export class Screen {
  #count = 0;

  constructor() {
    this.ticket = signal(null); // id of the open ticket
    this.cursor = signal(null); // id of the row that J and K move
    this.pane = signal("list"); // list, ticket, side, me: what a phone shows
    this.side = signal(false); // the side sheet of narrow screens
    this.dialog = signal(null); // {name, …}
    this.tab = signal("reply"); // reply, note
    this.held = signal({}); // by ticket: the events that hold a reply back
    this.notices = signal([]);
    this.searching = signal(false);
  }

  open(id) {
    batch(() => {
      this.ticket.value = id;
      this.cursor.value = id;
      this.pane.value = "ticket";
      this.tab.value = "reply";
    });
  }

  back() {
    if (this.side.peek()) this.side.value = false;
    else if (this.pane.peek() === "side") this.pane.value = "ticket";
    else this.pane.value = "list";
  }

  ask(name, fields = {}) { this.dialog.value = { name, ...fields }; }
  close() { this.dialog.value = null; }

  hold(ticket, events) { this.held.value = { ...this.held.peek(), [ticket]: events }; }

  release(ticket) {
    const { [ticket]: _, ...rest } = this.held.peek();
    this.held.value = rest;
  }

  /** A short word about what was done or could not be: of many the oldest go, none that is bad before it was read. @param tone "good", "bad" or "care"; @param ticket, why what it is about */
  notice(text, tone = "good", ticket = null, why = null) {
    const id = ++this.#count;
    const known = this.notices.peek();
    let over = known.length + 1 - MOST_NOTICES;
    this.notices.value = [...known.filter((notice) => notice.tone === "bad" || over-- <= 0), { id, text, tone, ticket, why }];
    return id;
  }

  /** What a notice was about is over. */
  settle(ticket, why) {
    const left = this.notices.peek().filter((notice) => notice.ticket !== ticket || notice.why !== why);
    if (left.length !== this.notices.peek().length) this.notices.value = left;
  }

  dismiss(id) { this.notices.value = this.notices.peek().filter((notice) => notice.id !== id); }
}
