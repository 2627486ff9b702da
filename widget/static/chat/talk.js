/* One ticket as the contact sees it: what its events say, reduced. No element, no wire. */

export class Talk {
  events = []; // messages and what happened, in order
  offers = new Map();
  members = new Map(); // agents beside the serving one
  typing = new Map(); // id -> {name, until}
  queue = null;
  asked = false; // for a specialist, who has not joined yet
  read = { contact: 0, desk: 0 };

  constructor(summary) { this.merge(summary); }

  get id() { return this.summary.ticket; }
  get chat() { return this.summary.chat; }
  get open() { return Boolean(this.chat && this.chat.state !== "ended"); }
  get live() { return this.chat?.state === "live" || this.chat?.state === "grace"; }
  get messages() { return this.events.filter(({ kind }) => kind === "message"); }
  get unread() { return this.messages.filter((event) => !mine(event) && event.seq > this.read.contact); }
  get hop() { return this.events.findLast(({ kind, data }) => kind === "chat" && data.state !== "ended"); }
  get seq() { return this.events.at(-1)?.seq ?? 0; }

  merge(summary) {
    const { chat } = summary;
    const was = this.summary?.chat;
    this.summary = { ...this.summary, ...summary };
    if (chat) this.summary.chat = { ...(was?.state === chat.state && was), ...chat, words: chat.words || was?.words, serving: chat.serving ?? chat.ringing };
    else if (was) this.summary.chat = { ...was, state: "ended" }; // a summary names only open chats; who talked is still known here
    this.read.contact = Math.max(this.read.contact, summary.read_contact ?? 0);
    this.read.desk = Math.max(this.read.desk, summary.read_desk ?? 0);
  }

  reset({ snapshot }) {
    this.merge(snapshot.ticket);
    this.events = [];
    for (const event of snapshot.events) this.take(event, true);
  }

  /** @param old: told again by a snapshot, whose summary already holds what the event did. */
  take(event, old) {
    this[`on_${event.kind}`]?.(event.data, event, old);
    if (SHOWN.has(event.kind)) this.events.push(event);
  }

  on_message(data, { by, seq, at }) {
    this.typing.delete(by?.id);
    if (!this.open) this.summary.chat = null; // what is said goes on, whatever chat ended before
    Object.assign(this.summary, { said_at: at, last: { by_role: by?.role } });
    if (by?.role === "contact") this.read.contact = seq;
  }

  on_chat(data, event, old) {
    if (old) return;
    const { agent, ...rest } = data;
    const same = !["waiting", "ringing"].includes(data.state);
    this.summary.chat = { ...this.chat, expires_at: null, next: null, ...rest, serving: agent ?? (same ? this.chat?.serving : null), at: event.at };
    if (data.state !== "waiting") this.queue = null;
  }

  on_member({ agent, joined }) {
    if (!agent) return;
    this.asked = false;
    if (joined) this.members.set(agent.id, agent);
    else this.members.delete(agent.id);
  }

  on_offer(data) {
    if (data.answered) this.offers.delete(data.offer);
    else this.offers.set(data.offer, data);
  }

  on_severity({ severity }, event, old) { if (!old) this.summary.severity = severity; }
  on_status({ status }, event, old) { if (!old) this.summary.status = status; }
  /** A mail that was taken back was never said. */
  on_mail({ state, seqs }) { this.events = this.events.filter(({ seq }) => state !== "withdrawn" || !seqs.includes(seq)); }
  on_read({ by_side, seq }) { this.read[by_side] = Math.max(this.read[by_side], seq); }
}

const SHOWN = new Set(["message", "chat", "member", "severity", "status"]);

export const mine = (event) => event.by?.role === "contact";
