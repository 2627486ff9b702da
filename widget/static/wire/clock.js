/* The desk's time on this device: this clock plus an offset learnt from what the desk sends. */

const JUMP_MS = 2000;

export class Clock {
  #offset = null;

  /** An instant the desk wrote just now. Delay on the way only makes it look older, so the largest offset is the best. */
  hear(instant, local = Date.now()) {
    const offset = Date.parse(instant) - local;
    if (Number.isNaN(offset)) return;
    if (this.#offset === null || offset > this.#offset || offset < this.#offset - JUMP_MS) this.#offset = offset;
  }

  /** Milliseconds since 1970, as the desk counts them. */
  now() { return Date.now() + (this.#offset ?? 0); }
}
