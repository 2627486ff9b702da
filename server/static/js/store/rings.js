/* The rings of this agent: which are open, and which of them this person has answered in any tab. */

import { signal } from "../../vendor/signals-core.js";

export class Rings {
  #answered = new Set();
  #missed = new Set(); // not in the last heartbeat

  constructor() {
    this.open = signal([]); // the one that ends first comes first
  }

  /** `ring` frames and those of `ready`. One already answered here does not ring again. */
  add(ring) {
    if (this.#answered.has(ring.ring)) return false;
    const others = this.open.peek().filter((other) => other.ring !== ring.ring);
    const known = others.length !== this.open.peek().length;
    this.open.value = [...others, ring].sort((one, other) => (one.expires_at < other.expires_at ? -1 : 1));
    return !known;
  }

  /** This person said something to it, here or in another tab. */
  answer(id) {
    this.#answered.add(id);
    this.gone(id);
  }

  /** The answer did not reach the desk: it rings on. */
  reopen(ring) {
    this.#answered.delete(ring.ring);
    this.add(ring);
  }

  gone(id) {
    if (this.open.peek().some(({ ring }) => ring === id)) this.open.value = this.open.peek().filter(({ ring }) => ring !== id);
  }

  /** `ready` says which rings are open: others have ended, unheard. */
  settle(ids) {
    const open = this.open.peek().filter(({ ring }) => ids.includes(ring));
    if (open.length !== this.open.peek().length) this.open.value = open;
  }

  /** So do heartbeats, but one may have left before the ring began: only twice missed is ended. */
  beat(ids) {
    const missing = this.open.peek().map(({ ring }) => ring).filter((ring) => !ids.includes(ring));
    for (const ring of missing) if (this.#missed.has(ring)) this.gone(ring);
    this.#missed = new Set(missing);
  }

  /** Rings that the desk knows and this console does not. */
  unknown(ids) {
    const known = new Set(this.open.peek().map(({ ring }) => ring));
    return ids.filter((id) => !known.has(id) && !this.#answered.has(id));
  }
}
