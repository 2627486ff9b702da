/* What is being written, by ticket and kind (reply, note): it survives a reload and never leaves this browser unsent. */

import { signal } from "../../vendor/signals-core.js";

const EMPTY = Object.freeze({ text: "", files: [], next: null, cc: null, base: null, saved_at: null });

export class Drafts {
  #store;
  #prefix;
  #drafts = new Map();

  /** @param store like localStorage; @param agent the id of who writes. */
  constructor(store, agent) {
    this.#store = store;
    this.#prefix = `vipdesk.draft.${agent}.`;
  }

  of(ticket, kind) {
    const key = `${ticket}.${kind}`;
    if (!this.#drafts.has(key)) this.#drafts.set(key, signal(this.#read(key)));
    return this.#drafts.get(key);
  }

  /** `base` is the last public message the writer had seen when the draft was begun. */
  write(ticket, kind, fields, { base, now }) {
    const draft = this.of(ticket, kind);
    const began = draft.peek().base ?? base;
    const next = { ...draft.peek(), ...fields, base: began, saved_at: now };
    draft.value = next.text || next.files.length ? next : { ...EMPTY, next: next.next, cc: next.cc };
    this.#keep(`${ticket}.${kind}`, draft.peek());
  }

  /** The writer has read what came meanwhile. */
  rebase(ticket, kind, base) {
    const draft = this.of(ticket, kind);
    draft.value = { ...draft.peek(), base };
    this.#keep(`${ticket}.${kind}`, draft.peek());
  }

  clear(ticket, kind) {
    this.of(ticket, kind).value = EMPTY;
    this.#keep(`${ticket}.${kind}`, EMPTY);
  }

  #read(key) {
    try {
      return { ...EMPTY, ...JSON.parse(this.#store.getItem(this.#prefix + key) ?? "{}") };
    } catch {
      return EMPTY;
    }
  }

  #keep(key, draft) {
    try {
      if (draft.text || draft.files.length) this.#store.setItem(this.#prefix + key, JSON.stringify(draft));
      else this.#store.removeItem(this.#prefix + key);
    } catch {
      // a full or forbidden storage: the draft lives as long as the page
    }
  }
}
