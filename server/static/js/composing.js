/* Writing an answer: drafts, files, what happens next, the held reply, and sending it once. The field itself: components/composer.js. */

import { signal } from "../vendor/signals-core.js";
import { byMail } from "./store/mails.js";
import { errorWords, t } from "./words.js";

const TYPING_MS = 3000;

/** Where in the text a picture stands: who sends the mail puts it there. */
const mark = ({ name }) => `[picture: ${name}]`;

export class Composer {
  #console;
  #typed = -Infinity;

  constructor(console) {
    this.#console = console;
    this.field = null; // the textarea, while one is shown
    this.wanted = false; // the next one shown takes the focus
    this.picker = null; // the file input
    this.uploading = signal(0);
    this.kept = new Map(); // id -> what the desk said of a file; messages name only the id
  }

  /** Severity 1 and 2: we go on; 3 to 5: wait for them. */
  standard(ticket) { return (ticket.summary.value.severity ?? 3) <= 2 ? "desk" : "customer"; }

  start(kind) {
    const { screen } = this.#console;
    const here = screen.tab.peek() === kind && screen.pane.peek() === "ticket" && this.field;
    this.wanted = !here;
    screen.tab.value = kind;
    screen.pane.value = "ticket";
    if (here) this.field.focus();
  }

  /** The field is on the screen, or (null) gone. */
  shown(field) {
    this.field = field;
    if (field && this.wanted) field.focus();
    if (field) this.wanted = false;
  }

  next(value) {
    const ticket = this.#console.current();
    this.#write(ticket, "reply", { next: value });
  }

  /** Who gets a copy of an answer by mail: ids of contacts; null is everybody on the ticket. */
  copyTo(ticket, ids) { this.#write(ticket, "reply", { cc: ids }); }

  /** To whom a public answer leaves as a mail: {to, cc}; null: it does not. Until the page of the ticket is here, nobody knows. */
  byMail(ticket) {
    const { customers } = this.#console;
    const summary = ticket.summary.value;
    return byMail(ticket.events.value, summary, ticket.detail.value?.participants ?? [], customers.value.get(summary.customer?.id)?.contacts ?? []);
  }

  attach() { this.picker?.click(); }

  type(ticket, kind, text) {
    this.#write(ticket, kind, { text });
    const now = performance.now();
    if (kind !== "reply" || !text || now - this.#typed < TYPING_MS) return;
    this.#typed = now;
    this.#console.wire.whisper({ type: "typing", ticket: ticket.id, on: true });
  }

  /** Files go to the desk at once; the draft keeps what it answered, so that a reload loses nothing. */
  async add(ticket, kind, files) {
    for (const file of files) {
      this.uploading.value += 1;
      try {
        const kept = await this.#console.rest.upload(file);
        this.kept.set(kept.file, kept);
        this.#write(ticket, kind, { files: [...this.#draft(ticket, kind).files, kept] });
      } catch (error) {
        this.#console.screen.notice(t("{name} was not taken: {why}", { name: file.name, why: error.message }), "bad");
      } finally {
        this.uploading.value -= 1;
      }
    }
  }

  /** A picture from the clipboard: it is uploaded, and shown in the mail where the cursor stood. */
  async paste(ticket, files) {
    for (const file of files) {
      const name = this.#free(ticket, file);
      await this.add(ticket, "reply", [new File([file], name, { type: file.type })]);
      const kept = this.#draft(ticket, "reply").files.find((one) => one.name === name);
      if (kept) this.#insertLine(ticket, mark(kept));
    }
  }

  drop(ticket, kind, file) {
    const draft = this.#draft(ticket, kind);
    const gone = draft.files.find((kept) => kept.file === file);
    const text = gone ? draft.text.replaceAll(`${mark(gone)}\n`, "").replaceAll(mark(gone), "") : draft.text;
    this.#write(ticket, kind, { text, files: draft.files.filter((kept) => kept.file !== file) });
  }

  /** @param anyway send although something new came while it was written */
  async send({ anyway = false } = {}) {
    const { drafts, screen, wire } = this.#console;
    const ticket = this.#console.current();
    const kind = screen.tab.peek();
    const draft = this.#draft(ticket, kind);
    const body = draft.text.trim();
    if ((!body && !draft.files.length) || this.uploading.peek() || (screen.held.peek()[ticket.id] && kind === "reply" && !anyway)) return;
    const fields = { ticket: ticket.id, body, ...(draft.files.length ? { files: draft.files.map(({ file }) => file) } : {}), ...this.#reply(ticket, kind, draft, anyway) };
    wire.put("say", fields, { kept: true });
    drafts.clear(ticket.id, kind);
    screen.release(ticket.id);
    wire.whisper({ type: "typing", ticket: ticket.id, on: false });
    this.#typed = -Infinity;
  }

  /** The files of a message that is not sent yet; after a reload their names are not known here. */
  files({ files = [] }) { return files.map((file) => this.kept.get(file) ?? { file, name: t("a file") }); }

  /** What the desk refused, now or after a reload: nothing is lost, it stands in its draft again. */
  refused(items) {
    for (const item of items) {
      if (item.type !== "say") continue;
      this.#console.wire.outbox.discard(item.rid);
      this.#back(item);
    }
  }

  /** A message that was taken back: what it said is in the draft again, before what was written since. */
  again({ data, ticket }) {
    const { drafts, now } = this.#console;
    const since = drafts.of(ticket, "reply").peek();
    drafts.write(ticket, "reply", { text: [data.body, since.text].filter(Boolean).join("\n"), files: [...(data.files ?? []), ...since.files] }, { base: null, now: now() });
    this.start("reply");
  }

  #reply(ticket, kind, draft, anyway) {
    if (kind === "note") return { visibility: "internal" };
    const cc = draft.cc && this.byMail(ticket) ? { cc: draft.cc } : {};
    return { base_seq: draft.base ?? ticket.lastPublic, next: draft.next ?? this.standard(ticket), ...cc, ...(anyway ? { anyway: true } : {}) };
  }

  /** A name that no other file of the draft has, so that its mark means one of them. */
  #free(ticket, { name }) {
    const taken = new Set(this.#draft(ticket, "reply").files.map((file) => file.name));
    const ending = /\.[a-z]{2,4}$/i.exec(name)?.[0] ?? ".png";
    let number = 1;
    while (taken.has(`${t("picture")}-${number}${ending}`)) number += 1;
    return `${t("picture")}-${number}${ending}`;
  }

  /** In a line of its own, as who sends the mail looks for it, where the cursor stands. */
  #insertLine(ticket, words) {
    const { text } = this.#draft(ticket, "reply");
    const [from, to] = this.field ? [this.field.selectionStart, this.field.selectionEnd] : [text.length, text.length];
    const before = text.slice(0, from);
    const after = text.slice(to);
    const line = `${before && !before.endsWith("\n") ? "\n" : ""}${words}${after.startsWith("\n") ? "" : "\n"}`;
    this.type(ticket, "reply", before + line + after);
    requestAnimationFrame(() => this.field?.setSelectionRange(from + line.length, from + line.length));
  }

  /** Not sent: what was written comes back into its draft, before what was written since. */
  #back({ fields, refusal }) {
    const { desk, drafts, now, screen } = this.#console;
    const kind = fields.visibility === "internal" ? "note" : "reply";
    const since = drafts.of(fields.ticket, kind).peek();
    const text = [fields.body, since.text].filter(Boolean).join("\n");
    const base = fields.base_seq ?? 0;
    drafts.write(fields.ticket, kind, { text, files: [...this.files(fields), ...since.files], next: fields.next ?? null }, { base, now: now() });
    if (kind === "reply") drafts.rebase(fields.ticket, kind, base);
    if (refusal.code === "stale") {
      const events = refusal.frame.events ?? [];
      desk.tickets.get(fields.ticket)?.take(events);
      screen.hold(fields.ticket, events);
    } else {
      screen.notice(errorWords(refusal), "bad");
    }
  }

  #draft(ticket, kind) { return this.#console.drafts.of(ticket.id, kind).peek(); }

  #write(ticket, kind, fields) {
    this.#console.drafts.write(ticket.id, kind, fields, { base: ticket.lastPublic, now: this.#console.now() });
  }
}
