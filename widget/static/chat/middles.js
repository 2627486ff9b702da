/* The middle of the panel in each phase before and after the talk. Reads the app, decides nothing. */

import { t } from "../wire/texts.js";
import { button, face, first, h, icon, rich } from "./dom.js";
import { severity_picker } from "./sheets.js";
import { both, span } from "./times.js";

function choice(name, title, words, onclick) {
  return h("button.choice", { type: "button", onclick }, icon(name, "l"), h("span.grow", null, h("b", null, title), words), icon("right"));
}

function lead(...words) { return h("p.lead", { role: "status" }, ...words); }

const picker = (app, kind) => kind !== "compact" && severity_picker(app.severity, (one) => app.choose(one));

export const middles = {
  start: (app) => [lead(app.state?.label), button(".main", app.ring_words(), () => app.begin(), "talk")],

  opening: (app) => app.panel.opening,

  choices(app) {
    const name = first(app.named?.name);
    const { next_opening, step } = app.state;
    const there = step !== "queue"; // somebody of the team could be rung now
    return [
      lead(name ? t("{name}’s office is closed. What suits you?", { name }) : t("The office is closed. What suits you?")),
      choice("heads", there ? t("Chat now with the 24/7 team") : t("Wait in line for the 24/7 team"), there && (name ? t("They see your history with {name}.", { name }) : t("Somebody is there day and night.")), () => app.press()),
      choice("mail", name ? t("Leave a message for {name}", { name }) : t("Leave a message"), next_opening ? t("Read when the office opens, {time}.", { time: both(next_opening) }) : t("It becomes a ticket at once."), () => app.write()),
      there && h("p.banner", null, t("Service down? Choose “Chat now”: the team is there around the clock.")),
    ];
  },

  message: (app) => [lead(t("Your message becomes a ticket at once. The answer comes here and by mail.")), picker(app), button(".quiet", t("Back"), () => app.write(false))],

  ringing(app, kind) {
    const { serving, next, expires_at, at, words } = app.talk.chat;
    const name = first(serving?.name);
    const until = Date.parse(expires_at);
    const takes = first(next?.name ?? next);
    return [
      h("span.ringface", until && { "data-until": until, "data-from": Date.parse(at) }, face(serving)),
      lead(name ? t("Ringing {name}", { name }) : words),
      until && h("p.muted", null, rich(takes ? t("If {name} cannot pick up in {seconds}, {next} takes over.", { name, next: takes }) : t("If {name} cannot pick up in {seconds}, you keep your place.", { name }), { seconds: h("b", { "data-until": until }) })),
      picker(app, kind),
    ];
  },

  waiting(app, kind) {
    const { place, expected_s } = app.talk.queue ?? {};
    const line = place ? h("p.place", { role: "status" }, rich(expected_s ? t("You are number {place} in line, {span}", { span: span(expected_s) }) : t("You are number {place} in line"), { place: h("b", null, String(place)) })) : lead(app.talk.chat.words || t("Looking for somebody for you…"));
    return [line, h("p.muted.small", null, t("We ring you here, and the button keeps your place if you go on working.")), picker(app, kind), choice("mail", t("Leave it as a message"), t("The ticket stays, you need not wait."), () => app.write())];
  },

  ended(app) {
    const words = h("textarea.in", { rows: 2 });
    const rest = h("div.field", { hidden: true });
    const rate = (score, name) => {
      const onchange = () => {
        rest.replaceChildren(h("label.field", null, t("Anything we should read? (optional)"), words), button(".main", t("Tell us"), () => app.rate(score, words.value.trim())));
        rest.hidden = false;
      };
      return h("label", null, h("input", { type: "radio", name: "rate", onchange }), name);
    };
    const asked = [h("fieldset.rate", null, h("legend", null, t("How was this for you?")), rate(5, t("Good")), rate(3, t("Mixed")), rate(1, t("Bad"))), rest];
    return [...(app.rated ? [lead(t("Thank you."))] : asked), choice("talk", t("Not solved after all?"), t("Open it again, with everything that was said."), () => app.press())];
  },
};
