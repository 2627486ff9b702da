/* The verbs of the desk as this agent uses them: each asks, tells the person when it was refused, and gives the answer or null. */

import { errorWords, ringEnded, t } from "./words.js";

export class Verbs {
  #console;

  constructor(console) { this.#console = console; }

  async accept(ring) {
    this.#said(ring);
    return this.#answered(ring, () => this.#console.wire.ask("accept", { ring: ring.ring }));
  }

  async decline(ring, reason) {
    this.#said(ring);
    return this.#answered(ring, () => this.#console.wire.ask("decline", { ring: ring.ring, reason }));
  }

  async presence(status, auto) {
    const fields = auto === undefined ? { status } : { status, auto_answer: auto };
    const answer = await this.#ask("presence", fields);
    if (answer) this.#console.desk.me.value = { ...this.#console.desk.me.peek(), ...fields };
    return answer;
  }

  escalate(ticket, note) { return this.#ask("escalate", { ticket: ticket.id, note }, t("Technical is asked to join.")); }

  /** @param to id of an agent, or name of a team */
  transfer(ticket, to, note, owner) {
    return this.#ask("transfer", { ticket: ticket.id, to, note, ...(owner ? { owner: true } : {}) }, t("Handed over; it comes back if nobody takes it."));
  }

  severity(ticket, severity, mode, reason) {
    return this.#ask("set_severity", { ticket: ticket.id, severity, mode, reason }, t("Severity changed."));
  }

  status(ticket, status, reason) {
    return this.#ask("set_status", { ticket: ticket.id, status, ...(reason ? { reason } : {}) }, t("Status changed."));
  }

  takeBack(ticket, mail) { return this.#ask("take_back", { ticket: ticket.id, mail }, t("Taken back: your text is in the draft again.")); }

  sendAgain(ticket, mail) { return this.#ask("send_again", { ticket: ticket.id, mail }, t("The same mail is sent once more.")); }

  tryAgain(ticket, mail) { return this.#ask("send_again", { ticket: ticket.id, mail }, t("The mail is tried again.")); }

  markArrived(ticket, mail) { return this.#ask("mark_arrived", { ticket: ticket.id, mail }, t("Kept: it arrived. You are named for it.")); }

  addPerson(ticket, address, name) {
    return this.#ask("add_person", { ticket: ticket.id, address, ...(name ? { name } : {}) }, t("{name} is on the ticket now.", { name: name || address }));
  }

  leave(ticket) { return this.#ask("leave", { ticket: ticket.id }, t("You left the chat.")); }

  answerOffer(ticket, offer, yes, reason) {
    return this.#ask("answer_offer", { ticket: ticket.id, offer, yes, ...(reason ? { reason } : {}) });
  }

  async link(ticket, file, preview = false) {
    return this.#ask("link", { ticket, file, ...(preview ? { preview: true } : {}) });
  }

  #said(ring) {
    this.#console.desk.rings.answer(ring.ring);
    this.#console.ringer?.answered(ring.ring);
  }

  async #answered(ring, ask) {
    try {
      return await ask();
    } catch (error) {
      const over = ["taken", "expired", "not_found", "conflict"].includes(error.code);
      if (!over) this.#console.desk.rings.reopen(ring);
      this.#console.screen.notice(error.code === "taken" ? ringEnded("taken") : errorWords(error), "care");
      return null;
    }
  }

  async #ask(type, fields, done) {
    try {
      const answer = await this.#console.wire.ask(type, fields);
      if (done) this.#console.screen.notice(done);
      return answer;
    } catch (error) {
      this.#console.screen.notice(errorWords(error), "bad");
      return null;
    }
  }
}
