/* The cursor of each stream: shows every event once and in order, holds back what came too early, asks for gaps. */

const MOST_CURSORS = 64; // cursors in one frame
const ASK_AGAIN_MS = 1000;

export class Streams {
  #last = new Map(); // stream -> seq shown last, the stream heard last at the end
  #held = new Map(); // stream -> Map(seq -> event)
  #asked = new Map(); // stream -> when
  #ask;
  #show;

  /** @param ask takes {stream: seq} to resume from; @param show takes an event. */
  constructor({ ask, show }) {
    this.epoch = null;
    this.#ask = ask;
    this.#show = show;
  }

  /** What `hello` resumes: the streams heard most recently. */
  cursors() { return Object.fromEntries([...this.#last].slice(-MOST_CURSORS)); }

  seq(stream) { return this.#last.get(stream) ?? null; }

  /** `ready`: what was not resumed is followed from where it is now; what is not among the newest is let go. */
  open(epoch, tickets, resumed) {
    this.epoch = epoch;
    this.#held.clear();
    this.#asked.clear();
    for (const { ticket, seq, internal_seq } of tickets) {
      if (!(ticket in resumed)) this.#last.set(ticket, seq);
      const internal = `${ticket}/i`;
      if (internal_seq !== undefined && !(internal in resumed)) this.#last.set(internal, internal_seq);
    }
    const known = new Set(tickets.flatMap(({ ticket }) => [ticket, `${ticket}/i`]));
    const newest = this.cursors();
    const missed = [...this.#last.keys()].filter((stream) => !(stream in resumed) && !known.has(stream) && (stream in newest || this.forget(stream)));
    if (missed.length) this.again(missed);
  }

  /** Shows a stream from after `seq` on: 0 asks for all of it. */
  follow(stream, seq = 0) {
    this.#last.set(stream, seq);
    this.#held.delete(stream);
    this.again([stream]);
  }

  forget(stream) {
    for (const map of [this.#last, this.#held, this.#asked]) map.delete(stream);
  }

  /** The desk sent the stream's present state instead of its events. */
  reset(stream, seq) {
    this.#last.set(stream, seq);
    this.#drain(stream);
  }

  take(event) {
    const { stream, seq } = event;
    const last = this.#last.get(stream) ?? 0;
    if (seq <= last) return;
    if (seq > last + 1) {
      if (!this.#held.has(stream)) this.#held.set(stream, new Map());
      this.#held.get(stream).set(seq, event);
      if (!this.#last.has(stream)) this.#last.set(stream, 0);
      this.#gap(stream);
    } else {
      this.#pass(event);
      this.#drain(stream);
    }
  }

  /** What the record has: a last event that got lost is found here. */
  heads(heads = {}) {
    for (const [stream, seq] of Object.entries(heads)) {
      if (this.#last.has(stream) && seq > this.#last.get(stream)) this.#gap(stream);
    }
  }

  /** Asks again from where each stream is (all of them, when none are named). */
  again(streams = [...this.#last.keys()]) {
    for (let at = 0; at < streams.length; at += MOST_CURSORS) {
      this.#ask(Object.fromEntries(streams.slice(at, at + MOST_CURSORS).map((stream) => [stream, this.#last.get(stream)])));
    }
    for (const stream of streams) this.#asked.set(stream, Date.now());
  }

  #gap(stream) {
    if (Date.now() - (this.#asked.get(stream) ?? 0) >= ASK_AGAIN_MS) this.again([stream]);
  }

  #drain(stream) {
    const held = this.#held.get(stream);
    if (!held) return;
    for (const seq of [...held.keys()].sort((one, other) => one - other)) {
      const last = this.#last.get(stream);
      if (seq > last + 1) return;
      const event = held.get(seq);
      held.delete(seq);
      if (seq === last + 1) this.#pass(event);
    }
    if (!held.size) this.#held.delete(stream);
  }

  #pass(event) {
    this.#last.delete(event.stream); // the stream heard last goes to the end
    this.#last.set(event.stream, event.seq);
    this.#show(event);
  }
}
