/* The panel from top to bottom: header, promise, what is wrong, the middle by phase, the composer. Reads the app, decides nothing. */

import { n, t } from "../wire/texts.js";
import { button, face, fill, first, h, icon, tool } from "./dom.js";
import { severity_mark, severity_name, severity_picker, sheets } from "./sheets.js";
import { Thread } from "./thread.js";
import { both, span, time } from "./times.js";

export class Panel {
  #app;
  #head = h("header.w-head");
  #promise = h("div.w-promise");
  #strip = h("div.strip", { role: "status" });
  #mid = h("div.mid");
  #foot = h("footer.w-foot");
  #chips = h("div.chips");
  #note = h("p.muted.small", { role: "status" });
  #sheet = h("div");
  #picker = h("input", { type: "file", hidden: true, multiple: true });
  input = h("textarea", { rows: 1, id: "say" });

  constructor(root, app) {
    this.#app = app;
    this.thread = new Thread(app);
    const label = h("label.hide", { htmlFor: "say" }, t("Your message"));
    this.clip = tool(t("Attach a file"), "clip", () => this.#picker.click());
    this.go = h("button.btn.main.icon", { type: "submit", ariaLabel: t("Send") }, icon("send", "l"));
    this.#picker.onchange = () => {
      app.attach([...this.#picker.files]);
      this.#picker.value = "";
    };
    const form = h("form.compose", { onsubmit: (event) => event.preventDefault() ?? this.#say() }, label, this.input, this.#picker, this.clip, this.go);
    this.input.oninput = () => app.typed(this.input.value);
    this.input.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      this.#say();
    };
    this.#foot.append(this.#note, this.#chips, form);
    root.append(this.#head, this.#promise, this.#strip, this.#mid, this.thread.element, this.#foot, this.#sheet);
  }

  focus() {
    const target = this.#sheet.querySelector("input, textarea, button") ?? (this.#foot.hidden ? this.#mid.querySelector("button, input") : this.input);
    target?.focus();
  }

  draw() {
    const app = this.#app;
    const { phase, talk } = app;
    const items = app.unsent;
    this.#header();
    this.#severity();
    this.#trouble();
    const talked = talk && (talk.messages.length || talk.live) ? true : items.length > 0;
    const middle = MIDDLES[phase];
    const compact = talked && ["ringing", "waiting"].includes(phase);
    this.#mid.hidden = !middle;
    this.#mid.className = `mid${["start", "opening", "ringing", "waiting"].includes(phase) ? " centre" : ""}${compact ? " compact" : ""}`;
    if (middle) fill(this.#mid, JSON.stringify([phase, compact, app.state, talk?.chat, talk?.queue, app.severity, app.live]), () => middle(app, compact));
    this.thread.element.hidden = middle && !compact;
    this.thread.draw(talk, items);
    this.#foot.hidden = ["choices", "ended", "start"].includes(phase);
    this.#composer(phase, talk, items.length);
    fill(this.#sheet, app.sheet ?? "", () => app.sheet && sheets[app.sheet](app));
    this.tick();
  }

  /** Each second: what counts down. */
  tick() {
    for (const element of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.ceil((element.dataset.until - this.#app.now()) / 1000));
      element.textContent = t("{count} s", { count: left });
    }
    const bar = this.#mid.querySelector(".ringface circle + circle");
    if (bar) {
      const { at, expires_at } = this.#app.talk.chat;
      const left = (Date.parse(expires_at) - this.#app.now()) / (Date.parse(expires_at) - Date.parse(at));
      bar.setAttribute("stroke-dasharray", `${Math.max(0, Math.min(1, left)) * 100} 100`);
    }
  }

  #say() {
    const text = this.input.value.trim();
    if (!text && !this.#app.files.length) return;
    if (this.#app.say(text)) this.input.value = "";
    this.input.focus();
  }

  #header() {
    const app = this.#app;
    const { name, words, person, presence } = app.who();
    const menu = [
      app.unverified && button(".quiet", t("Confirm who you are"), () => app.rise("known")),
      app.talk?.open && button(".quiet", app.talk.live ? t("End the chat") : t("Stop waiting"), () => app.leave()),
    ].filter(Boolean);
    fill(this.#head, JSON.stringify([name, words, person, presence, menu.length, Boolean(app.talk?.live)]), () => [
      h("span.withpres", null, face(person), h(`span.pres.${presence}`)),
      h("div.grow", null, h("h1", null, name), h("p.w-sub", null, words)),
      menu.length && h("details.more", null, h("summary.btn.quiet.icon", { ariaLabel: t("More"), role: "button" }, icon("more", "l")), h("div.menu", { onclick: ({ currentTarget }) => (currentTarget.parentNode.open = false) }, menu)),
      app.host && tool(t("Minimise, the chat stays open"), "minus", () => app.hide()),
    ]);
  }

  #severity() {
    const { talk, severity, phase } = this.#app;
    this.#promise.hidden = !talk?.summary.number || ["choices", "message", "start"].includes(phase);
    if (this.#promise.hidden) return;
    const { due, number, said_at, status } = talk.summary;
    fill(this.#promise, JSON.stringify([severity, due, number, status, said_at]), () => [
      h("button.btn.quiet", { type: "button", onclick: () => this.#app.rise("severity") }, severity ? [severity_mark(severity), severity_name(severity)] : t("How bad is it?")),
      h("span.grow", null, due ? t("Answer promised by {time}", { time: both(due) }) : `VD-${number}`),
      status === "solved" && h("span.kept", null, icon("check"), t("solved")),
    ]);
  }

  #trouble() {
    const { line, unverified, phase, talk, policy, trouble } = this.#app;
    const { state, since, retry_at, code } = line?.state ?? {};
    const lost = state === "lost" && phase !== "start";
    this.#strip.hidden = !lost && state !== "over" && !trouble && !(unverified && talk);
    this.#strip.classList.toggle("bad", Boolean(trouble));
    fill(this.#strip, JSON.stringify([state, lost && since, retry_at, code, trouble, unverified]), () => {
      if (state === "over") return [h("span.grow", null, OVER[code]?.() ?? t("The desk closed this line.")), button("", t("Try now"), () => line.retry())];
      if (lost) return [icon("off", "l"), h("span.grow", null, t("No connection since {time}. Trying again in", { time: time(since) }), " ", h("span", { "data-until": retry_at + line.clock.now() - Date.now() })), button("", t("Try now"), () => line.retry())];
      if (trouble) return [h("span.grow", null, trouble), button("", t("Close"), () => this.#app.warn(null))];
      return [h("span.grow", null, policy === "verified" ? t("Your agent answers once you have confirmed who you are.") : t("The desk cannot see yet that it is you.")), button("", t("Confirm"), () => this.#app.rise("known"))];
    });
  }

  #composer(phase, talk, waiting) {
    const app = this.#app;
    const name = talk?.live && first(app.who().name);
    this.input.placeholder = phase === "waiting" ? t("Tell us what it is about") : app.live || phase !== "live" ? (name ? t("Write to {name}", { name }) : t("Write a message")) : t("You can keep writing");
    this.clip.hidden = !talk || phase === "message";
    this.#note.hidden = !waiting || app.live;
    this.#note.textContent = n("{count} message waits on this device and goes out when the line is back.", "{count} messages wait on this device and go out in order.", waiting);
    const chips = [
      ...app.files.map((file, at) => button("", t("{name} – remove", { name: file.name }), () => app.detach(at), "file")),
      app.uploading && h("span.small.muted", { role: "status" }, t("Uploading {name}", { name: app.uploading })),
      phase === "live" && !talk.members.size && button("", t("I need a technical specialist"), () => app.rise("technical"), "tool"),
      phase === "talk" && button("", app.ring_words(), () => app.press(), "talk"),
    ].filter(Boolean);
    this.#chips.hidden = !chips.length;
    fill(this.#chips, JSON.stringify([phase, app.files, app.uploading, talk?.members.size]), () => chips);
  }
}

const OVER = {
  4409: () => t("This chat is open in too many windows. Close some of them."),
  4403: () => t("This page may not use the chat any more."),
};

function choice(name, title, words, onclick) {
  return h("button.choice", { type: "button", onclick }, icon(name, "l"), h("span.grow", null, h("b", null, title), words), icon("right"));
}

function ringing(person) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 108 108");
  for (const opacity of [0.2, 1]) {
    const circle = document.createElementNS(space, "circle");
    for (const [name, value] of Object.entries({ cx: 54, cy: 54, r: 50, pathLength: 100, opacity })) circle.setAttribute(name, value);
    svg.append(circle);
  }
  return h("span.ringface", { ariaHidden: "true" }, svg, face(person));
}

const MIDDLES = {
  start: (app) => [h("p.lead", null, app.state?.label), button(".main", app.ring_words(), () => app.begin(), "talk")],

  opening: (app) => [h("span.spin", { ariaHidden: "true" }), h("p.lead", { role: "status" }, t("Opening a line to the desk…")), h("p.muted.small", null, t("Usually under a second. If your network blocks it, we switch to another way by ourselves."))],

  choices(app) {
    const name = first(app.named?.name);
    const { next_opening } = app.state;
    const back = next_opening && both(next_opening);
    return [
      h("p.lead", null, name ? t("{name}’s office is closed. What suits you?", { name }) : t("The office is closed. What suits you?")),
      choice("heads", t("Chat now with the 24/7 team"), name ? t("They see your history with {name}.", { name }) : t("Somebody is there day and night."), () => app.press()),
      choice("mail", name ? t("Leave a message for {name}", { name }) : t("Leave a message"), back ? t("Read when the office opens, {time}.", { time: back }) : t("It becomes a ticket at once."), () => app.write()),
      h("p.banner", null, t("Service down? Choose “Chat now”: the team is there around the clock.")),
    ];
  },

  message(app) {
    const back = app.state?.next_opening;
    return [
      h("p.lead", null, t("Your message becomes a ticket at once.")),
      h("p.muted.small", null, back ? t("The office opens {time}.", { time: both(back) }) : t("The answer comes here and by mail.")),
      severity_picker(app.severity, (one) => app.choose(one)),
      button(".quiet", t("Back"), () => app.write(false)),
    ];
  },

  ringing(app, compact) {
    const { serving, next, expires_at, words } = app.talk.chat;
    const name = first(serving?.name);
    const left = expires_at && h("b", { "data-until": Date.parse(expires_at) });
    const takes = first(next?.name ?? next);
    return [
      ringing(serving),
      h("p.lead", { role: "status" }, name ? t("Ringing {name}", { name }) : words),
      left && h("p.muted", null, t("If {name} cannot pick up in", { name }), " ", left, takes ? t(", {name} takes over.", { name: takes }) : t(", we ring the next one.")),
      !compact && severity_picker(app.severity, (one) => app.choose(one)),
    ];
  },

  waiting(app, compact) {
    const { place, expected_s } = app.talk.queue ?? {};
    return [
      place ? h("p.place", { role: "status" }, h("span", null, t("You are number")), h("b", null, String(place)), h("span", null, expected_s ? t("in line, {span}", { span: span(expected_s) }) : t("in line"))) : h("p.lead", { role: "status" }, app.talk.chat.words ?? t("Looking for somebody for you…")),
      h("p.muted", null, t("We ring you here, and the button keeps your place if you go on working.")),
      !compact && severity_picker(app.severity, (one) => app.choose(one)),
      h("button.choice", { type: "button", onclick: () => app.write() }, icon("mail", "l"), h("span.grow", null, h("b", null, t("Leave it as a message")), t("The ticket stays, you need not wait.")), icon("right")),
    ];
  },

  ended(app) {
    const { talk } = app;
    const { number, status } = talk.summary;
    const words = h("textarea.in", { rows: 2 });
    let score = 0;
    const rate = (value, name) => h("label", null, h("input", { type: "radio", name: "rate", onchange: () => (score = value) }), name);
    const said = talk.messages;
    const facts = [[t("Ticket"), `VD-${number}`], said.length && [t("Time"), `${time(said[0].at)} – ${time(said.at(-1).at)}`], [t("State"), status === "solved" ? t("solved") : t("stays open, we go on")]].filter(Boolean);
    const question = app.rated
      ? [h("p.lead", { role: "status" }, t("Thank you."))]
      : [
          h("fieldset.rate", null, h("legend", null, t("How was this for you?")), rate(5, t("Good")), rate(3, t("Mixed")), rate(1, t("Bad"))),
          h("label.field", null, t("Anything we should read? (optional)"), words),
          button("", t("Tell us"), () => score && app.rate(score, words.value.trim())),
        ];
    return [
      h("dl.facts", null, facts.map(([term, value]) => h("div", null, h("dt", null, term), h("dd", null, value)))),
      question,
      choice("talk", t("Not solved after all?"), t("Open it again, with everything that was said."), () => app.press()),
      choice("file", t("Read it again"), t("and add to it"), () => app.reread()),
    ].flat();
  },
};
