/* Requests until the desk has answered them: sent in order, again with the same rid after a loss, kept over a reload. */

import { Shelf } from "./shelf.js";

const MOST_UNDER_WAY = 10; // under way at once
const SILENT_MS = 20000; // no answer on a living line: asked again
const TAB = crypto.randomUUID();

/** The desk's refusal of a request: `code`, `message`, `field`, and the whole `frame`. */
export class Refusal extends Error {
  constructor(frame) {
    super(frame.message);
    Object.assign(this, { code: frame.code, field: frame.field, frame });
  }
}

export class Outbox {
  #who;
  #send;
  #changed;
  #shelf;
  #items = []; // {rid, type, fields, lane, kept, at, n, tab, who, state, sent_at?, refusal?, done, fail}
  #n = 0;
  #open = false;
  #rest_until = 0;
  #timer = null;

  /**
   * @param who whose requests: another person's on this device are never touched; "" until `rename`, null keeps nothing
   *   over a reload.
   * @param send takes a frame, returns false when the line is down; @param changed is called when an item came, moved or went.
   */
  constructor({ who, send, changed }) {
    this.#who = who;
    this.#send = send;
    this.#changed = changed;
    this.#shelf = who === null ? null : new Shelf("vipdesk-outbox");
    if (this.#shelf) navigator.locks?.request(`vipdesk-tab-${TAB}`, () => new Promise(() => {})).catch(() => {});
  }

  /** What is not answered yet, oldest first. `state`: waiting, sending, refused (with `refusal`: it needs a person). */
  get items() { return this.#items; }

  /**
   * @param kept survives a reload (and stays as `refused` when the desk refuses it); others are only awaited here.
   * @param lane requests of one lane never overtake each other.
   * @returns {rid, answer}: `answer` resolves with the `ok` frame or rejects with a Refusal.
   */
  put(type, fields, { kept = false, lane = fields.ticket ?? "" } = {}) {
    fields = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, sendable(value)]));
    const item = { rid: crypto.randomUUID(), type, fields, lane, kept, at: Date.now(), n: ++this.#n, tab: TAB, who: this.#who, state: "waiting" };
    const answer = new Promise((done, fail) => Object.assign(item, { done, fail }));
    answer.catch(() => {}); // a kept item says its refusal itself
    this.#items.push(item);
    if (kept) this.#keep(item);
    this.#changed();
    this.#flush();
    return { rid: item.rid, answer };
  }

  /** After `ready`: everything unanswered goes out again, in order. */
  async opened() {
    this.#open = true;
    for (const item of this.#items) if (item.state === "sending") item.state = "waiting";
    await this.adopt();
  }

  lost() {
    this.#open = false;
    this.#changed();
  }

  /** An `ok` or `error` frame. */
  answered(frame) {
    const item = this.#items.find(({ rid }) => rid === frame.rid);
    if (!item) return;
    if (frame.type === "ok") {
      this.#drop(item);
      item.done?.(frame);
    } else if (frame.retry_s !== undefined) {
      item.state = "waiting";
      this.#rest(frame.retry_s);
    } else {
      this.#refused(item, new Refusal(frame));
    }
    this.#changed();
    this.#flush();
  }

  /** A refused item once more, as a new request. */
  again(rid, more = {}) {
    const item = this.#items.find((one) => one.rid === rid);
    if (!item) return null;
    this.discard(rid);
    return this.put(item.type, { ...item.fields, ...more }, item);
  }

  discard(rid) {
    const item = this.#items.find((one) => one.rid === rid);
    if (item) this.#drop(item);
    this.#changed();
  }

  /** The visitor is now known under another name: what waits goes out as theirs. */
  rename(who) {
    this.#who = who;
    for (const item of this.#items) {
      item.who = who;
      if (item.kept) this.#keep(item);
    }
  }

  stop() { clearTimeout(this.#timer); }

  #flush() {
    clearTimeout(this.#timer);
    if (!this.#open) return;
    const now = Date.now();
    if (now < this.#rest_until) return this.#later(this.#rest_until - now);
    const lanes = new Set();
    let under_way = 0;
    for (const item of this.#items) {
      if (item.state === "sending" && now - item.sent_at > SILENT_MS) item.state = "waiting";
      if (item.state === "refused" || lanes.has(item.lane)) continue;
      lanes.add(item.lane);
      if (item.state === "waiting" && under_way < MOST_UNDER_WAY && this.#send({ type: item.type, rid: item.rid, ...item.fields })) {
        Object.assign(item, { state: "sending", sent_at: now });
      }
      if (item.state === "sending") under_way += 1;
    }
    if (under_way) this.#later(SILENT_MS);
  }

  #later(wait) { this.#timer = setTimeout(() => this.#flush(), wait); }

  #rest(seconds) { this.#rest_until = Date.now() + seconds * 1000; }

  #refused(item, refusal) {
    if (item.kept) Object.assign(item, { state: "refused", refusal });
    else this.#drop(item);
    item.fail?.(refusal);
  }

  #drop(item) {
    this.#items.splice(this.#items.indexOf(item), 1);
    if (item.kept) this.#shelf?.remove(item.rid);
  }

  #keep(item) {
    const { done, fail, refusal, ...plain } = item;
    return this.#shelf?.put({ ...plain, state: "waiting" });
  }

  /** Takes over what a closed or reloaded tab left behind; the lock makes one tab of several do it. */
  async adopt() {
    this.#flush();
    if (!this.#shelf || !this.#who) return;
    await navigator.locks?.request("vipdesk-adopt", () => this.#take_left()).catch(() => {}); // no locks, no shelf either
    this.#flush();
  }

  async #take_left() {
    const alive = new Set((await navigator.locks.query()).held.map(({ name }) => name.replace("vipdesk-tab-", "")));
    const known = new Set(this.#items.map(({ rid }) => rid));
    const left = (await this.#shelf.all()).filter((item) => item.who === this.#who && !known.has(item.rid) && !alive.has(item.tab));
    for (const item of left) await this.#shelf.put(Object.assign(item, { tab: TAB }));
    if (!left.length) return;
    this.#items.unshift(...left.sort((one, other) => one.at - other.at || one.n - other.n));
    this.#changed();
  }
}

/** A frame with half a character in it is no UTF-8: nobody could answer it, and all behind it would wait for ever. */
const sendable = (value) => value?.replace?.(/[\0\ud800-\udfff]/gu, "\ufffd") ?? value;
