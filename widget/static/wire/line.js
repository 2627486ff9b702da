/* The whole wire behind one object: connection, streams, outbox and the desk's clock. Frames in, requests out; no screen. */

import { Clock } from "./clock.js";
import { Connection } from "./connection.js";
import { Outbox } from "./outbox.js";
import { Streams } from "./streams.js";

export class Line {
  clock = new Clock();
  #connection;
  #credentials;
  #opening; // lang, zone
  #on;
  #resumed = {};

  /**
   * @param audience "contact" or "agent"; @param credentials async () -> {token} or {csrf}.
   * @param who whose outbox survives a reload, or null; @param on callbacks, all optional:
   *   state(state), ready(frame), event(event), reset(frame), frame(frame), outbox(items).
   */
  constructor({ audience, base, credentials, lang, zone, who = null, on = {} }) {
    this.#credentials = credentials;
    this.#opening = { lang, zone };
    this.#on = on;
    this.streams = new Streams({
      ask: (cursors) => this.#connection.send({ type: "resume", resume: cursors }),
      show: (event) => this.#tell("event", event),
    });
    this.outbox = new Outbox({
      who,
      send: (frame) => this.#connection.send(frame),
      changed: () => this.#tell("outbox", this.outbox.items),
    });
    this.#connection = new Connection({
      audience,
      base,
      hello: () => this.#hello(),
      on: { frame: (frame) => this.#take(frame), state: (state) => this.#state(state) },
    });
  }

  get state() { return this.#connection.state; }

  start() { this.#connection.start(); }

  stop() {
    this.#connection.stop();
    this.outbox.stop();
  }

  retry() { this.#connection.retry(); }

  /** A verb of the protocol; see Outbox.put for `options` and the answer. */
  put(type, fields, options) { return this.outbox.put(type, fields, options); }

  /** A verb whose answer is all one needs: resolves with `ok`, rejects with a Refusal. */
  ask(type, fields, options) { return this.put(type, fields, options).answer; }

  /** `typing`: sent now or not at all. */
  whisper(frame) { return this.#connection.send(frame); }

  async #hello() {
    const resume = (this.#resumed = this.streams.cursors());
    return { type: "hello", ...(await this.#credentials()), epoch: this.streams.epoch, resume, ...this.#opening };
  }

  #take(frame) {
    if (frame.now) this.clock.hear(frame.now);
    const on = this[`on_${frame.type}`];
    if (on) on.call(this, frame);
    else this.#tell("frame", frame);
  }

  on_ready(frame) {
    this.streams.open(frame.epoch, frame.tickets, this.#resumed);
    this.#tell("ready", frame);
    this.outbox.opened();
  }

  on_event(frame) { this.streams.take(frame); }

  on_resumed({ stream, seq }) { this.streams.heads({ [stream]: seq }); }

  on_reset(frame) {
    this.#tell("reset", frame);
    this.streams.reset(frame.stream, frame.seq);
  }

  on_heartbeat(frame) {
    this.streams.heads(frame.heads);
    this.outbox.adopt();
    this.#tell("frame", frame);
  }

  on_behind() {
    this.streams.again();
    this.outbox.opened();
  }

  on_inbox(frame) {
    for (const [stream, seq] of [[frame.ticket, frame.seq], [`${frame.ticket}/i`, frame.internal_seq]]) {
      if (seq !== undefined && this.streams.seq(stream) === null) this.streams.follow(stream);
    }
    this.#tell("frame", frame);
  }

  on_ok(frame) { this.outbox.answered(frame); }

  on_error(frame) {
    if (frame.stream) this.streams.forget(frame.stream);
    if (frame.rid) this.outbox.answered(frame);
    else this.#tell("frame", frame);
  }

  #state(state) {
    if (state.state !== "live") this.outbox.lost();
    this.#tell("state", state);
  }

  #tell(name, what) { this.#on[name]?.(what); }
}
