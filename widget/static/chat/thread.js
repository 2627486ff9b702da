/* The conversation: bubbles, lines, files, what is not sent yet, offers. Elements are kept by key, so nothing flickers or is read twice. */

import { t } from "../wire/texts.js";
import { button, first, h, icon } from "./dom.js";
import { severity_name } from "./sheets.js";
import { mine } from "./talk.js";
import { day, time } from "./times.js";

const RUN_MS = 3e5; // one line of time and marks for what was said within

export class Thread {
  element = h("div.thread", { role: "log", tabIndex: 0, ariaLabel: t("Messages"), onscroll: () => this.#scrolled() });
  #app;
  #drawn = new Map(); // key -> {sign, element}
  #low = true; // reads the newest

  constructor(app) { this.#app = app; }

  draw(talk, items) {
    const wanted = this.#wanted(talk, items);
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, { element }] of this.#drawn) if (!keys.has(key)) element.remove() ?? this.#drawn.delete(key);
    let place = this.element.firstChild;
    for (const { key, sign, build } of wanted) {
      let drawn = this.#drawn.get(key);
      if (drawn?.sign !== sign) {
        const element = build();
        drawn?.element.replaceWith(element);
        if (drawn?.element === place) place = element;
        this.#drawn.set(key, (drawn = { sign, element }));
      }
      if (drawn.element === place) place = place.nextSibling;
      else this.element.insertBefore(drawn.element, place);
    }
    if (this.#low) this.element.scrollTop = this.element.scrollHeight;
  }

  get reads() { return this.#low && this.element.isConnected && !this.element.hidden; }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    this.#low = scrollHeight - scrollTop - clientHeight < 60;
    this.#app.draw();
  }

  #wanted(talk, items) {
    const wanted = [];
    const add = (key, sign, build) => wanted.push({ key, sign: JSON.stringify(sign), build });
    let last_day = null;
    const events = talk?.events ?? [];
    const hop = talk?.hop; // told above the thread until somebody is there
    events.forEach((event, at) => {
      if (day(event.at) !== last_day) {
        const words = (last_day = day(event.at));
        add(`day ${words}`, 0, () => h("p.day", null, words));
      }
      const next = events[at + 1];
      if (event.kind === "message") {
        const run = next?.kind === "message" && next.by?.id === event.by?.id && Date.parse(next.at) - Date.parse(event.at) < RUN_MS;
        const mark = mine(event) && !run && (talk.read.desk >= event.seq ? 2 : 1);
        const by = first(hop?.data.agent?.name);
        const goes_on = events[at - 1]?.kind === "message" && events[at - 1].by?.id === event.by?.id;
        const name = !mine(event) && !goes_on && (talk.members.size || event.by?.id !== talk.chat?.serving?.id) && event.by?.name;
        add(event.data.rid ?? `e${event.seq}`, { run, mark, name, by }, () => this.#message(event, { run, mark, name, by }));
      } else {
        const words = (event !== hop || talk.live || !talk.open) && said(event, next);
        if (words) add(`e${event.seq}`, words, () => h("p.sys", null, words));
      }
    });
    for (const item of items) {
      const { body, text = body, files } = item.fields;
      if ((text || files) && !wanted.some(({ key }) => key === item.rid)) add(item.rid, [item.state, this.#app.live], () => this.#unsent(item, text));
    }
    for (const offer of talk?.offers.values() ?? []) add(offer.offer, 0, () => this.#offer(offer));
    for (const [id, { name }] of talk?.typing ?? []) {
      add(`t${id}`, 0, () => h("p.typing", null, h("span.dots", { ariaHidden: "true" }, h("i"), h("i"), h("i")), t("{name} is typing", { name: first(name) })));
    }
    return wanted;
  }

  #message(event, { run, mark, name, by }) {
    const ours = mine(event);
    const meta = [time(event.at)];
    if (mark) meta.push(icon(mark > 1 ? "checks" : "check"), mark > 1 ? (by ? t("read by {name}", { name: by }) : t("read")) : t("sent"));
    return h(
      `div.msg${ours ? ".me" : ""}`,
      null,
      name && h("p.who", null, name),
      event.data.files?.map((file) => this.#file(file)),
      event.data.body && h("p.bub", { dir: "auto" }, event.data.body),
      !run && h("p.meta", null, meta),
    );
  }

  #unsent({ rid, state, refusal, fields }, text) {
    const { outbox } = this.#app.line;
    const sending = state === "sending" && this.#app.live;
    return h(
      "div.msg.me.wait",
      null,
      fields.files?.map((id) => this.#app.uploads.has(id) && this.#file(this.#app.uploads.get(id))),
      text && h("p.bub", { dir: "auto" }, text),
      state === "refused"
        ? h("div.meta", { role: "alert" }, h("span.err", null, t("Not sent: {reason}", { reason: refusal.message })), button("", t("Try again"), () => outbox.again(rid)), button("", t("Delete"), () => outbox.discard(rid)))
        : h("p.meta", null, icon("clock"), sending ? t("sending") : t("not sent yet")),
    );
  }

  #file(file) {
    const { name, type, bytes } = file;
    const size = bytes < 1e6 ? t("{count} kB", { count: Math.ceil(bytes / 1e3) }) : t("{count} MB", { count: (bytes / 1e6).toFixed(1) });
    const box = h("button.file", { type: "button", onclick: () => this.#app.fetch(file) }, icon("file", "l"), h("span.grow", null, h("b", null, name), size));
    if (/^image\/(png|jpeg|gif|webp)$/.test(type)) {
      this.#app.link(file, true).then(({ url }) => {
        const onload = () => {
          box.classList.add("pic");
          box.replaceChildren(picture);
          if (this.#low) this.element.scrollTop = this.element.scrollHeight;
        };
        const picture = h("img", { alt: t("Picture {name}", { name }), onload, src: url });
      }, () => {}); // without a preview it stays a file to fetch
    }
    return box;
  }

  #offer({ offer, words }) {
    const answer = (yes) => () => this.#app.answer_offer(offer, yes);
    return h("div.offer", { role: "group", ariaLabel: words }, h("b", null, words), h("div.row", null, button(".main.grow", t("Yes, please"), answer(true)), button(".grow", t("Stay as it is"), answer(false))));
  }
}

/** A line about what happened; of hops that follow each other at once only the last one is told. */
function said({ kind, data, by }, next) {
  if (kind === "chat") return next?.kind === "chat" ? "" : data.words;
  if (kind === "member" && data.agent) return data.joined ? t("{name} joined", data.agent) : t("{name} left", data.agent);
  if (kind === "severity") return t("Severity is now {severity}", { severity: severity_name(data.severity) });
  if (kind === "status" && data.status === "solved") return by ? t("{name} marked this as solved", by) : t("Marked as solved");
  return "";
}
