/* The few people and tickets of these tests, and events as the wire carries them. */

export const BEN = { id: "ben", name: "Ben Okafor", role: "agent" };
export const ANNA = { id: "anna", name: "Anna Kovács", role: "agent" };
export const PRIYA = { id: "priya", name: "Priya Raman", role: "contact" };

export const summary = (fields = {}) => ({
  ticket: "t1", seq: 0, internal_seq: 0, subject: "Lisbon", status: "new", severity: 3, owner: null, chat: null, due: null, unread: 0,
  number: 7, customer: { id: "c1", name: "Brightwater" }, contact: { id: "priya", name: "Priya Raman", verified: true }, ...fields,
});

export const at = (second) => `2026-03-03T09:00:${String(second).padStart(2, "0")}.000000Z`;

export const event = (seq, kind, data, { by = PRIYA, second = seq, internal = false, ticket = "t1" } = {}) => ({
  type: "event", ticket, stream: internal ? `${ticket}/i` : ticket, seq, at: at(second), kind, by, data,
});

export const message = (seq, body, more) => event(seq, "message", { body, files: [], channel: "chat", rid: `r${seq}` }, more);
