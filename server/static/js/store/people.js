/* The agents of the desk and where they are now. */

import { signal } from "../../vendor/signals-core.js";

export class People {
  constructor() {
    this.all = signal(new Map());
  }

  get(id) { return this.all.value.get(id) ?? null; }

  /** A whole list or some changes: people are told apart by id. */
  merge(people) {
    const next = new Map(this.all.peek());
    for (const person of people) next.set(person.id, { ...next.get(person.id), ...person });
    this.all.value = next;
  }
}

/** What one can count on: an agent without a socket is off, whatever status they chose. */
export function presence(person) {
  if (!person || person.present === false || person.status === "offline") return "off";
  return person.status === "away" ? "away" : "available";
}
