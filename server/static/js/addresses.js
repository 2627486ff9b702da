/* The address of what is open (#ticket/ID): a reload opens it again, and a phone's back key goes back to the list. */

import { effect } from "../vendor/signals-core.js";

export class Addresses {
  #console;

  constructor(console) { this.#console = console; }

  connect() {
    const id = asked();
    if (id) this.#console.open(id);
    addEventListener("popstate", this.#moved);
    this.stop = effect(() => this.#follow(this.#console.screen.ticket.value, this.#console.screen.pane.value));
  }

  disconnect() {
    this.stop();
    removeEventListener("popstate", this.#moved);
  }

  #moved = () => {
    const { screen } = this.#console;
    const id = asked();
    if (id && id !== screen.ticket.peek()) this.#console.open(id);
    else screen.pane.value = id ? "ticket" : "list";
  };

  #follow(ticket, pane) {
    const narrow = matchMedia("(max-width: 720px)").matches;
    const open = ticket && (!narrow || pane !== "list");
    const address = open ? `#ticket/${ticket}` : location.pathname + location.search;
    if (open && asked() === ticket) return;
    if (!open && !location.hash) return;
    if (open && !location.hash) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }
}

const asked = () => /^#ticket\/([\w-]+)$/.exec(location.hash)?.[1] ?? null;
