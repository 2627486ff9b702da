/* A talk by mail as the wire carries it: one that is not proven, one with all there can be, one unreadable, answers of ours. */

import { BEN, PRIYA, at, event, message } from "./cast.js";

const T = { ticket: "t0" };
const MAIL = {
  from: "priya@brightwater.example", kind: "human", reason: "", received_at: at(1), starts_at: at(1), sent_at: at(0), relayed_at: at(1), polled_at: at(2), proven: true,
  new_person: false, review: null, others: [], to: [{ name: "Larkfield", address: "brightwater@larkfield.example" }], cc: [], quoted: false, html: false, remote: 0, urgent: false, defects: [],
};

export const came = (seq, fields = {}) => event(seq, "received", { mail: `in${seq}`, seq, ...MAIL, ...fields }, { ...T, internal: true, second: seq });
export const left = (internal, seq, state, fields = {}) => event(internal, "mail", {
  mail: `out${seq}`, kind: "reply", state, seqs: [seq], send_at: "2026-03-03T09:12:04Z", accepted_at: null,
  recipients: [{ address: "priya@brightwater.example", name: "Priya Raman", role: "to", state, reason: "", at: at(seq) }], ...fields,
}, { ...T, internal: true, by: null, second: internal });
const letter = (seq, body, more = {}) => message(seq, body, { ...T, ...more });
export const byMail = (said) => ({ ...said, data: { ...said.data, channel: "mail" } });

export const LETTERS = [
  byMail(letter(1, "Bookings from Lisbon stopped.\nPriya")),
  came(1, { proven: false, review: "unproven", from: "priya@brightwater.example" }),
  byMail(letter(2, "Attached is what we see. Owen and our agency are in copy.")),
  came(2, {
    quoted: true, html: true, remote: 2, new_person: true, urgent: true, forwarded_by: { id: "anna", name: "Anna Kovács" }, note: "Ben, is that yours?", starts_at: "2026-03-04T08:00:00.000000Z", others: ["owen@brightwater.example", "mia@agency.example"], strangers: ["mia@agency.example"],
    cc: [{ name: "Owen Hughes", address: "owen@brightwater.example" }, { name: "Mia", address: "mia@agency.example" }], defects: ["attachment is not what it is called"],
  }),
  byMail(letter(3, "Hello Priya, we look at it.", { by: BEN })),
  left(3, 3, "bounced", { recipients: [
    { address: "priya@brightwater.example", name: "Priya Raman", role: "to", state: "bounced", reason: "552 5.2.2 Mailbox full", at: at(9) },
    { address: "owen@brightwater.example", name: "Owen Hughes", role: "cc", state: "accepted", reason: "", at: at(9) },
  ] }),
  byMail(letter(4, "winmail")),
  came(4, { kind: "unreadable", reason: "took more than 5 s of processor time" }),
  byMail(letter(5, "The feed is back.", { by: BEN })),
  left(5, 5, "queued"),
];

export const VIEW = {
  mail: "r2", ticket: "t0", seq: 2, kind: "human", reason: "", from: "priya@brightwater.example", to: MAIL.to, cc: [{ name: "Owen Hughes", address: "owen@brightwater.example" }],
  subject: "Lisbon", message_id: "<1@brightwater.example>", received_at: at(1), internal_at: at(1), sent_at: "2026-03-03T08:59:58.000000Z", relayed_at: null, polled_at: at(2),
  committed_at: at(3), starts_at: "2026-03-04T08:00:00.000000Z", quote: "On Tue, Anna wrote:\n> What do you see?", signature: "", html: true,
  links: [{ text: "https://bank.example", url: "https://evil.example/", host: "evil.example" }], remote: 2,
  files: [{ file: "f", name: "feed.png", type: "image/svg+xml", declared: "image/png", bytes: 4000, sha256: "5b3d".repeat(16), inline: false }], bytes: 9000, sha256: "a1b2".repeat(16),
};

export const PEOPLE_OF_IT = [PRIYA, { id: "owen", name: "Owen Hughes", role: "contact" }];
