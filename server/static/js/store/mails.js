/* Mails of one ticket: how those came that stand in it, and what became of those that left. By the seq of their message. */

import { signal } from "../../vendor/signals-core.js";

const UNDER_WAY = new Set(["queued", "sending", "ambiguous", "deferred"]);

export class Mails {
  #seen = new Map(); // mail -> seq of the last event that told of it

  constructor() {
    this.came = signal(new Map()); // seq -> what agents are told of a mail that came
    this.left = signal(new Map()); // seq -> the mail that carries the message, as it last was
  }

  /** Internal events, in any order. */
  take(events) {
    for (const { kind, data, seq } of events) {
      if (kind === "received") this.came.value = new Map(this.came.peek()).set(data.seq, data);
      else if (kind === "mail") this.#leaves(data, seq);
    }
  }

  /** What can still be taken back, the newest; null when nothing can. */
  leaving(now) {
    return [...this.left.value.values()].findLast(({ kind, state, send_at }) => kind === "reply" && state === "queued" && send_at && Date.parse(send_at) > now) ?? null;
  }

  /** The first of which somebody is asked whether it goes again; null when of none. */
  doubted() { return [...this.left.value.values()].find(({ asked_at }) => asked_at) ?? null; }

  #leaves(data, seq) {
    if ((this.#seen.get(data.mail) ?? 0) >= seq) return;
    this.#seen.set(data.mail, seq);
    const next = new Map(this.left.peek());
    for (const message of data.seqs ?? []) next.set(message, data);
    this.left.value = next;
  }
}

export const underWay = ({ state }) => UNDER_WAY.has(state);

/** Who else a mail went to: {name, address, here}; who is not here joins by a press alone. */
export function others(mail, customer, participants) {
  const heads = new Map([...(mail.to ?? []), ...(mail.cc ?? [])].map((one) => [one.address.toLowerCase(), one.name]));
  const here = new Set(participants.map(({ id }) => id));
  const known = new Map((customer?.contacts ?? []).filter(({ email }) => email).map((one) => [one.email.toLowerCase(), one]));
  return (mail.others ?? []).map((address) => {
    const contact = known.get(address.toLowerCase());
    const joined = contact ? here.has(contact.id) : !(mail.strangers ?? []).includes(address);
    return { address, name: heads.get(address.toLowerCase()) || contact?.name || "", here: joined };
  });
}

/** Whether the next public reply leaves as a mail, and to whom: {to, cc} of {id, name, email}; null: it does not. */
export function byMail(events, summary, participants, contacts) {
  const last = events.findLast(({ kind, stream, by }) => kind === "message" && stream === summary.ticket && by?.role === "contact");
  if (summary.chat || last?.data.channel !== "mail") return null;
  const able = participants.map(({ id, name }) => ({ id, name, email: contacts.find((one) => one.id === id)?.email ?? "" })).filter(({ email }) => email);
  const to = able.find(({ id }) => id === last.by.id) ?? able.find(({ id }) => id === summary.contact?.id) ?? able[0];
  return to ? { to, cc: able.filter((one) => one !== to) } : null;
}
