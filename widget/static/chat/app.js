/* What the contact does and where they are: session, line, the ticket in view, the phase. Draws through Panel, reduces through Talk. */

import { Line } from "../wire/line.js";
import { t } from "../wire/texts.js";
import { first } from "./dom.js";
import { store, stored } from "./kept.js";
import { Panel } from "./panel.js";
import { Session } from "./session.js";
import { Talk } from "./talk.js";
import { both, settle, span, span_of, zone } from "./times.js";

const DAY_MS = 864e5;
const TYPING_MS = 3e3;

export class App {
  talk = null; // the ticket in view
  state = null; // what a press would do now
  files = []; // uploaded, to go with the next message
  uploads = new Map(); // every one of this page, by id
  uploading = null;
  sheet = null;
  trouble = null;
  picked = null; // severity
  shown = false;
  wanted = false; // the person pressed
  ready = null;
  writing = false; // a message instead of a chat
  #talks = new Map();
  #links = new Map();
  #known = null; // the session in use
  #renewed = 0;
  #typed = 0;
  #noted = "";
  #due = false;

  constructor({ key, policy, lang, speaks, state, host, root }) {
    Object.assign(this, { key, policy, lang, speaks, host });
    this.session = new Session(key, async () => (await host?.token()) ?? null);
    this.line = new Line({
      audience: "contact",
      lang: speaks,
      zone,
      who: "",
      credentials: () => this.#credentials(),
      on: {
        state: (state) => this.#line(state),
        ready: (frame) => this.#ready(frame),
        event: (event) => this.#event(event),
        reset: (frame) => this.#of(frame.snapshot.ticket).reset(frame) ?? this.draw(),
        frame: (frame) => this[`on_${frame.type}`]?.(frame) ?? this.draw(),
        outbox: () => this.draw(),
      },
    });
    settle({ lang, now: () => this.now() });
    this.panel = new Panel(root, this);
    this.panel.input.value ||= stored(`draft.${key}`) ?? "";
    this.promise(JSON.parse(state));
    setInterval(() => this.#tick(), 1000);
    document.addEventListener("visibilitychange", () => this.draw());
  }

  now() { return this.line.clock.now(); }
  get live() { return this.line.state.state === "live"; }
  get open() { return this.shown && !document.hidden; }
  get unverified() { return this.ready?.you.verified === false; }
  get severity() { return this.picked ?? this.talk?.summary.severity; }
  get named() { return this.state?.named ?? this.state?.agent; }
  get unsent() { return this.line.outbox.items.filter(({ type }) => type === "say" || type === "press"); }
  get shut() { return ["closed", "holiday"].includes(this.state?.because); }
  get pressing() { return this.unsent.find(({ type, state }) => type === "press" && state !== "refused"); }

  get phase() {
    const { talk, pressing, state } = this;
    if (this.writing) return "message";
    if (talk?.open) return talk.live ? "live" : talk.chat.state;
    if (pressing) return pressing.fields.message_only ? "talk" : "opening";
    if (!this.wanted && !talk && !this.host) return "start";
    if (!this.ready || !state) return "opening";
    if (talk) return talk.chat && talk.chat.id !== stored(`done.${this.key}`) ? "ended" : "talk";
    return this.shut ? "choices" : "opening";
  }

  /** Name, words and face for the header; what they say is what the desk said last. */
  who() {
    const { talk, state, phase } = this;
    const { chat, summary } = talk ?? {};
    const agent = talk?.open ? chat.serving : null;
    const said = talk?.messages ?? [];
    if (phase === "ended") {
      const name = summary.status === "solved" ? t("Solved") : t("This chat has ended");
      return { name, words: summary.number + (said[0] ? `, ${span_of(said[0].at, said.at(-1).at)}` : ""), person: chat.serving ?? state?.agent, presence: "off" };
    }
    const until = state?.until && ["named", "stand_in", "technical"].includes(state.step) && t("here until {time}", { time: both(state.until) });
    if (agent) {
      const names = [agent, ...talk.members.values()].filter(({ id }, at, all) => all.findIndex((one) => one.id === id) === at);
      const name = names.length > 1 ? new Intl.ListFormat(this.lang).format(names.map((one) => first(one.name))) : agent.name;
      const words = chat.state === "grace" ? t("lost the line, comes back in a moment") : agent.name === state?.agent?.name && until ? until : talk.live && t("here with you");
      return { name, words, person: agent, presence: !this.live ? "off" : chat.state === "grace" ? "away" : "here" };
    }
    const back = state?.next_opening && t("office opens {time}", { time: both(state.next_opening) });
    const presence = state?.presence ?? (state?.because === "open" && state.agent ? "here" : "off");
    return { name: state?.agent?.name ?? state?.label ?? t("Support chat"), words: back || [state?.agent && state.step !== "named" && state.label, until].filter(Boolean).join(", "), person: state?.step === "queue" ? this.named : state?.agent, presence };
  }

  ring_words() {
    const name = this.state?.because === "open" && first(this.state.agent?.name);
    return name ? t("Ring {name}", { name }) : t("Chat now");
  }

  // What a person does ------------------------------------------------------------------------------------------------

  show() {
    this.shown = this.wanted = true;
    this.start();
    if (this.phase === "talk" && !this.unsent.length && !this.talk.unread.length && !this.left(this.talk)) this.#view(null);
    this.#next();
    this.draw();
    this.panel.focus();
  }

  hide() {
    this.host?.post("hide");
  }

  hidden() {
    if (this.phase === "ended") store(`done.${this.key}`, this.talk.chat.id);
    this.shown = false;
    this.draw();
  }

  begin() {
    this.wanted = true;
    this.start();
    this.draw();
  }

  start() {
    this.#ask_state();
    if (this.started) return;
    this.started = true;
    this.line.start();
  }

  press(more = {}) {
    this.#put("press", { ...(this.picked && { severity: this.picked }), ...more }, !!more.text);
    this.draw();
  }

  say(body) {
    const { talk, writing } = this;
    if (this.uploading && this.live) return false;
    store(`draft.${this.key}`, "");
    this.#whisper(false);
    if (talk && (talk.open || !writing)) {
      const files = this.files.map(({ file }) => file);
      this.#put("say", { ticket: talk.id, body, ...(files.length && { files }) }, true);
      this.files = [];
      if (writing) this.leave();
    } else this.press({ text: body, ...(writing && { message_only: true }) });
    this.writing = false;
    this.draw();
    return true;
  }

  typed(text) {
    store(`draft.${this.key}`, text);
    this.#whisper(!!text);
  }

  write(on = true) {
    const said = this.talk?.messages.length;
    if (on && said) return this.leave();
    this.writing = on;
    this.draw();
    this.panel.focus();
  }

  leave() { return this.#ask("leave", {}); }
  answer_offer(offer, yes) { return this.#ask("answer_offer", { offer, yes }); }

  async rate(score, text) {
    this.rated = Boolean(await this.#ask("rate", { score, ...(text && { text }) }));
    this.draw();
  }

  async choose(severity) {
    this.picked = severity;
    if (this.talk) await this.#ask("ask_severity", { severity, reason: "" });
    this.draw();
  }

  async specialist(words) {
    const { talk } = this;
    await this.line.ask("ask_technical", { ticket: talk.id, ...(words && { note: words }) }, { lane: "talk" });
    talk.asked = true;
    this.rise();
  }

  async known(email, code) {
    await this.session.confirm(email, code);
    this.rise();
    this.line.retry();
  }

  rise = (sheet = null) => {
    this.sheet = sheet;
    this.draw();
    this.panel.focus();
  };

  warn(trouble) {
    this.trouble = trouble;
    this.draw();
  }

  async attach(files) {
    for (const file of files) {
      this.uploading = file.name;
      this.draw();
      const body = new FormData();
      body.append("file", file);
      let answer;
      let tries = 9;
      while (!answer && (tries-- > 0 || !this.live)) // while the line is lost, until it is back
        answer = await fetch("/files", { method: "POST", headers: { Authorization: `Bearer ${this.#known.token}` }, body }).catch(() => new Promise((done) => setTimeout(done, 2000)));
      const said = await answer?.json().catch(() => 0); // a proxy answers in other words
      if (answer?.ok) {
        this.files.push(said);
        this.uploads.set(said.file, said);
      } else this.trouble = t("{name} was not uploaded. {reason}", { name: file.name, reason: said?.detail ?? "" });
      this.uploading = null;
      this.draw();
    }
    this.panel.input.focus();
  }

  detach(at) {
    this.files.splice(at, 1);
    this.draw();
  }

  /** A signed link to a file: asked for once, until it expires. */
  link({ file }, preview) {
    const key = file + !!preview;
    if (!(Date.parse(this.#links.get(key)?.until) > this.now())) {
      const asked = this.line.ask("link", { ticket: this.talk.id, file, ...(preview && { preview }) });
      this.#links.set(key, { asked });
      asked.then(({ until }) => this.#links.set(key, { asked, until }), () => this.#links.delete(key));
    }
    return this.#links.get(key).asked;
  }

  async fetch(file) {
    const { url } = await this.link(file);
    Object.assign(document.createElement("a"), { href: url, download: file.name }).click();
  }

  // What the desk says --------------------------------------------------------------------------------------------------

  promise(state) {
    this.state = state;
    settle({ office: state.office_zone });
    this.#next();
    this.draw();
  }

  async on_promise({ type, ...said }) {
    const state = this.lang.startsWith(said.lang) ? said : await this.#state_now(); // it is said in the button's language
    if (!state) return;
    this.promise(state);
    this.host?.post("state", { state });
  }

  on_queue(frame) { this.#of(frame).queue = frame; }

  on_typing({ ticket, by, on }) {
    const talk = this.#talks.get(ticket);
    if (on) talk?.typing.set(by.id, { name: by.name, until: Date.now() + 2 * TYPING_MS });
    else talk?.typing.delete(by.id);
  }

  on_inbox({ type, summary, ...frame }) {
    const talk = this.#of(summary ?? frame);
    if (this.#own(talk) && talk.open && !this.talk?.open) this.#view(talk);
  }

  /** A coordinator is told of colleagues' tickets too: their chats stay theirs. */
  #own({ summary: { contact } }) { return !contact || contact.id === this.ready?.you.id; }

  /** Said while nobody was there to answer: it waits, and is seen to. */
  left({ summary: { last } }) { return this.shut && last?.by_role === "contact"; }

  #ready(frame) {
    this.ready = frame;
    for (const summary of frame.tickets) this.#of(summary);
    for (const offer of frame.offers ?? []) this.#of(offer).on_offer(offer);
    for (const id of this.#talks.keys()) if (!frame.tickets.some(({ ticket }) => ticket === id)) this.#talks.delete(id);
    const recent = [...this.#talks.values()]
      // Who pressed wants somebody, not what was said yesterday and read.
      .filter(({ open, summary }) => this.#own({ summary }) && (open || (summary.status !== "closed" && (summary.unread || !this.wanted || this.left({ summary })) && this.now() - Date.parse(summary.said_at) < DAY_MS)))
      .sort((one, other) => other.open - one.open || (one.summary.said_at < other.summary.said_at ? 1 : -1));
    this.#view(this.#talks.get(this.talk?.id) ?? recent[0] ?? null);
    this.#next();
    this.draw();
  }

  #event(event) {
    const talk = this.#of({ ticket: event.ticket });
    talk.take(event);
    if (talk !== this.talk && this.#own(talk) && !this.talk?.open && (talk.open || talk.unread.length)) this.#view(talk);
    this.draw();
  }

  #line(state) {
    const { code } = state;
    if (state.state === "over" && (code === 4401 || code === 4410) && Date.now() - this.#renewed > 6e4) {
      this.#renewed = Date.now();
      this.session.refused(this.#known?.token);
      setTimeout(() => this.line.retry());
    }
    this.draw();
  }

  // Inside --------------------------------------------------------------------------------------------------------------

  async #credentials() {
    const { token, contact } = (this.#known = await this.session.open());
    this.line.outbox.rename(`${this.key} ${contact.id}`);
    return { token };
  }

  /** The press itself, once `ready` and a state are there. */
  #next() {
    if (this.wanted && this.ready && this.state && !this.talk && !this.pressing && this.phase === "opening") this.press();
  }

  #put(type, fields, kept) {
    this.line.put(type, fields, { kept, lane: "talk" }).answer.then(
      (answer) => this.#done(answer),
      (refusal) => kept || this.warn(refusal.message),
    );
  }

  #done({ ticket, chat, summary }) {
    const talk = this.#of(summary ?? { ticket });
    if (chat && !talk.chat) talk.merge({ chat });
    this.#view(talk);
    this.draw();
  }

  #ask(type, fields) {
    return this.line.ask(type, { ticket: this.talk.id, ...fields }, { lane: "talk" }).catch((refusal) => this.warn(refusal.message));
  }

  #of(summary) {
    const { ticket, status } = summary;
    const talk = this.#talks.get(ticket) ?? new Talk(summary);
    this.#talks.set(ticket, talk);
    if (status) talk.merge(summary);
    return talk;
  }

  #view(talk) {
    this.talk = talk;
    if (talk && !talk.events.length && talk.summary.seq) this.line.streams.follow(talk.id);
  }

  #whisper(on) {
    if (!this.talk?.live || (on && Date.now() - this.#typed < TYPING_MS)) return;
    this.#typed = on ? Date.now() : 0;
    this.line.whisper({ type: "typing", ticket: this.talk.id, on });
  }

  async #ask_state() {
    if (this.live || performance.now() < 1000 * this.state.valid_for_s) return; // the page came with one
    const state = await this.#state_now();
    if (state) this.promise(state);
  }

  async #state_now() {
    const answer = await fetch(`/b/${this.key}/state?lang=${this.speaks}`).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  #tick() {
    for (const [id, { until }] of this.talk?.typing ?? []) if (until < Date.now()) this.talk.typing.delete(id) && this.draw();
    if (this.line.state.state === "lost") this.draw();
    this.panel.tick();
  }

  draw() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.panel.draw();
      this.#read();
      this.#note();
    });
  }

  #read() {
    const { talk } = this;
    if (!talk?.unread.length || !this.open || !this.live || !this.panel.thread.reads) return;
    talk.read.contact = talk.seq;
    this.line.ask("read", { ticket: talk.id, seq: talk.seq }, { lane: "read" }).catch(() => {});
  }

  /** What the folded button says. */
  #note() {
    if (!this.host) return;
    const { talk } = this;
    const unread = talk?.unread ?? [];
    const { place, expected_s } = talk?.queue ?? {};
    const note = { active: Boolean(talk?.open || this.unsent.length) };
    if (unread.length) Object.assign(note, { count: unread.length, title: t("{name} answered", { name: first(unread[0].by?.name) }), more: unread.at(-1).data.body.slice(0, 60) });
    else if (talk?.open && place) Object.assign(note, { face: String(place), title: t("You are number {place} in line", { place }), more: expected_s ? span(expected_s) : t("we ring you here") });
    else if (talk?.live) Object.assign(note, { title: t("Chat with {name}", { name: first(talk.chat.serving?.name) }), more: t("goes on") });
    const text = JSON.stringify(note);
    if (text !== this.#noted) this.host.post("note", { note });
    this.#noted = text;
  }
}
