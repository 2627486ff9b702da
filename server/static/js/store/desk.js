/* The whole desk as one agent sees it: every frame of the wire goes in here and nowhere else. */

import { batch, signal } from "../../vendor/signals-core.js";
import { People } from "./people.js";
import { Rings } from "./rings.js";
import { Tickets } from "./tickets.js";

const TYPING_MS = 6000;

export class Desk {
  /** @param now gives the desk's time in milliseconds. */
  constructor(me, now) {
    this.now = now;
    this.me = signal(me);
    this.tickets = new Tickets(me.id);
    this.rings = new Rings();
    this.people = new People();
    this.link = signal({ state: "opening", since: null });
  }

  /** What the desk sent. Returns true when it changed something. */
  take(frame) {
    const on = this[`on_${frame.type}`];
    return on ? batch(() => on.call(this, frame) !== false) : false;
  }

  on_ready(frame) {
    const { id, name, roles } = frame.you;
    this.me.value = { ...this.me.peek(), id, name, roles: roles ?? this.me.peek().roles };
    this.tickets.merge(frame.tickets);
    this.tickets.served.value = null; // was so before
    this.tickets.heard.value += 1;
    if (frame.people) this.on_people({ agents: frame.people });
    this.rings.settle(frame.rings.map(({ ring }) => ring));
    for (const ring of frame.rings) this.rings.add(ring);
  }

  on_event(frame) { return this.tickets.happen(frame); }

  on_reset({ stream, snapshot }) {
    const summary = snapshot.ticket;
    this.tickets.merge([summary]);
    this.tickets.get(summary.ticket).reset(stream, summary, snapshot.events);
    this.tickets.heard.value += 1;
  }

  on_inbox(frame) {
    const { type, ...summary } = frame;
    this.tickets.merge([frame.summary ?? summary]);
    this.tickets.heard.value += 1;
  }

  on_ring(frame) { return this.rings.add(frame); }
  on_ring_gone({ ring }) { this.rings.gone(ring); }

  on_people(frame) {
    const people = frame.agents ?? frame.people ?? [];
    this.people.merge(people);
    const mine = people.find(({ id }) => id === this.me.peek().id);
    if (mine) this.me.value = { ...this.me.peek(), ...mine };
  }

  on_viewers({ ticket, agents }) {
    const known = this.tickets.get(ticket);
    if (!known) return false;
    known.viewers.value = agents.filter(({ id }) => id !== this.me.peek().id);
    return true;
  }

  on_typing({ ticket, by, on }) {
    const known = this.tickets.get(ticket);
    if (!known || !by || by.id === this.me.peek().id) return false;
    known.type(by, on, this.now() + TYPING_MS);
    return true;
  }

  on_queue({ ticket, place, expected_s }) {
    const known = this.tickets.get(ticket);
    if (!known) return false;
    known.place.value = { place, expected_s };
    return true;
  }

  on_heartbeat({ rings }) {
    if (rings) this.rings.beat(rings);
  }
}
