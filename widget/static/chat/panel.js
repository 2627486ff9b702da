/* The panel from top to bottom: header, promise, what is wrong, the middle, the talk, the composer. Decides nothing.
   The page brings it as it looks in the first moment, so that it is there before this runs and nothing typed is lost. */

import { n, t } from "../wire/texts.js";
import { button, face, first, h, icon, rich, show, tool } from "./dom.js";
import { middles } from "./middles.js";
import { severity_mark, severity_name, sheets } from "./sheets.js";
import { Thread } from "./thread.js";
import { both, time } from "./times.js";

const LOSS_MS = 1500; // a shorter loss needs no words

export class Panel {
  #app;
  #who;
  #menu;
  #promise;
  #strip;
  #mid;
  #foot;
  #chips;
  #note;
  #sheet;

  constructor(root, app) {
    this.#app = app;
    this.thread = new Thread(app);
    let head, form, picker;
    [head, this.#promise, this.#strip, this.#mid, this.#foot, this.#sheet] = root.children;
    [this.#who, this.#menu] = head.children;
    [this.#note, this.#chips, form] = this.#foot.children;
    [this.input, picker, this.clip] = form.children;
    this.opening = [...this.#mid.children];
    this.clip.onclick = () => picker.click();
    picker.onchange = () => {
      app.attach([...picker.files]);
      picker.value = "";
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#say();
    };
    this.input.oninput = () => app.typed(this.input.value);
    this.input.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
      form.onsubmit(event);
    };
    this.#mid.after(this.thread.element);
  }

  /** Where a person goes on: known once what was asked for is drawn. */
  focus() {
    queueMicrotask(() => {
      const within = this.#app.sheet ? this.#sheet : this.#foot.hidden ? this.#mid : this.#foot;
      (within === this.#foot ? this.input : within.querySelector("input, textarea, button"))?.focus();
    });
  }

  draw() {
    const app = this.#app;
    const { phase, talk, unsent } = app;
    const middle = middles[phase];
    const talked = unsent.length > 0 || !!talk?.messages.length;
    const kind = phase === "ended" ? "after" : !["opening", "ringing", "waiting"].includes(phase) ? "" : talked ? "compact" : "centre";
    this.#header();
    this.#severity(phase, talk);
    this.#trouble(phase, talk);
    this.#mid.hidden = !middle;
    this.#mid.className = `mid ${kind}`;
    if (middle) show(this.#mid, [phase, kind, /start|choices/.test(phase) && app.state, talk?.chat, talk?.queue, app.severity, app.rated], () => middle(app, kind));
    this.thread.element.hidden = middle && kind !== "compact" && kind !== "after";
    this.thread.draw(talk, unsent);
    this.#foot.hidden = phase === "choices" || phase === "start";
    this.#composer(phase, talk, unsent.length);
    show(this.#sheet, app.sheet, () => app.sheet && sheets[app.sheet](app));
    this.tick();
  }

  /** Each second: what counts down. */
  tick() {
    for (const element of document.querySelectorAll("[data-until]")) {
      const { until, from } = element.dataset;
      const left = Math.max(0, until - this.#app.now());
      if (from) element.style.setProperty("--left", `${(100 * left) / (until - from)}%`);
      else element.textContent = t("{count} s", { count: Math.ceil(left / 1000) });
    }
  }

  #say() {
    const text = this.input.value.trim();
    if ((text || this.#app.files.length) && this.#app.say(text)) this.input.value = "";
    this.input.focus();
  }

  #header() {
    const app = this.#app;
    const { name, words, person, presence } = app.who();
    const { talk, unverified } = app;
    show(this.#who, [name, words, person, presence], () => [
      h("span.withpres", null, face(person), h(`span.pres.${presence}`)),
      h("div.grow", null, h("h1", null, name), h("p.muted.small", null, words)),
    ]);
    show(this.#menu, [unverified, talk?.open, talk?.live], () => {
      const menu = [
        unverified && button(".quiet", t("Confirm who you are"), () => app.rise("known")),
        talk?.open && button(".quiet", talk.live ? t("End the chat") : t("Stop waiting"), () => app.leave()),
      ].filter(Boolean);
      const close = ({ currentTarget }) => (currentTarget.parentNode.open = false);
      return [
        menu.length > 0 && h("details.more", null, h("summary.btn.quiet.icon", { ariaLabel: t("More") }, icon("more", "l")), h("div.menu", { onclick: close }, menu)),
        app.host && tool(t("Minimise, the chat stays open"), "minus", () => app.hide()),
      ];
    });
  }

  #severity(phase, talk) {
    const app = this.#app;
    const { number, due, status } = talk?.summary ?? {};
    const opening = talk && app.left(talk) && app.state.next_opening;
    this.#promise.hidden = !number || phase === "message";
    show(this.#promise, [app.severity, number, due, status, opening], () => [
      h("button.btn.quiet", { type: "button", onclick: () => app.rise("severity") }, app.severity ? [severity_mark(app.severity), severity_name(app.severity)] : t("How bad is it?")),
      h("span.grow", null, due ? t("Answer promised by {time}", { time: both(due) }) : opening ? t("Read when the office opens, {time}.", { time: both(opening) }) : number),
      status === "solved" && h("span.kept", null, icon("check"), t("solved")),
    ]);
  }

  #trouble(phase, talk) {
    const app = this.#app;
    const { line, unverified, trouble } = app;
    const { state, since, retry_at } = line.state;
    const lost = state === "lost" && Date.now() - since > LOSS_MS;
    const ahead = line.clock.now() - Date.now();
    this.#strip.hidden = !lost && state !== "over" && !trouble && !(unverified && talk);
    this.#strip.classList.toggle("bad", !!trouble);
    const again = () => button("", t("Try now"), () => line.retry());
    show(this.#strip, [state, lost && retry_at, trouble], () => {
      if (trouble) return [h("span.grow", null, trouble), button("", t("Close"), () => app.warn(null))];
      if (state === "over") return [h("span.grow", null, t("The desk has closed this line. Is the chat open in many windows?")), again()];
      if (lost) return [icon("off", "l"), h("span.grow", null, rich(t("No connection since {time}. Trying again in {seconds}", { time: time(since + ahead) }), { seconds: h("span", { "data-until": retry_at + ahead }) })), again()];
      return [h("span.grow", null, app.policy === "verified" ? t("Your agent answers once you have confirmed who you are.") : t("The desk cannot see yet that it is you.")), button("", t("Confirm"), () => app.rise("known"))];
    });
  }

  #composer(phase, talk, waiting) {
    const app = this.#app;
    const name = talk?.live && first(app.who().name);
    this.input.placeholder = !app.live && talk ? t("You can keep writing") : name ? t("Write to {name}", { name }) : t("Write a message");
    this.clip.hidden = !talk || phase === "message";
    this.#note.hidden = !waiting || app.live;
    this.#note.textContent = n("{count} message waits on this device and goes out when the line is back.", "{count} messages wait on this device and go out in order.", waiting);
    show(this.#chips, [phase, app.files, app.uploading, talk?.members.size, talk?.asked], () => [
      ...app.files.map(({ name }, at) => button("", t("Remove {name}", { name }), () => app.detach(at), "file")),
      app.uploading && h("span.small.muted", { role: "status" }, t("Uploading {name}", { name: app.uploading })),
      phase === "live" && talk.asked && h("span.small.muted", { role: "status" }, t("A technical specialist was asked for and joins you here when free.")),
      phase === "live" && !talk.asked && !talk.members.size && button("", t("I need a technical specialist"), () => app.rise("technical"), "tool"),
      phase === "talk" && button("", app.ring_words(), () => app.press(), "talk"),
    ]);
    this.#chips.hidden = !this.#chips.firstChild;
  }
}
