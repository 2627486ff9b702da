/* What rises inside the panel over the talk: how bad it is, a technical specialist, who you are. */

import { t } from "../wire/texts.js";
import { button, first, h } from "./dom.js";

const severities = () => [
  [1, t("Critical"), t("service down")],
  [2, t("High"), t("badly slowed or limited")],
  [3, t("Standard"), t("one part fails")],
  [4, t("Bug"), t("not urgent")],
  [5, t("Question"), t("or request")],
];

export const severity_name = (severity) => severities()[severity - 1]?.[1];

export function severity_mark(severity) {
  return h(`span.sev.s${severity}`, null, h("span.hide", null, t("Severity"), " "), String(severity));
}

export function severity_picker(chosen, choose) {
  const rows = severities().map(([severity, name, words]) =>
    h("label", null, h("input", { type: "radio", name: "severity", checked: severity === chosen, onchange: () => choose(severity) }), severity_mark(severity), h("span", null, h("b", null, name), " ", words)),
  );
  return h("fieldset.sevs", null, h("legend", null, t("How bad is it? You can change this later.")), rows);
}

function field(label, input) { return h("label.field", null, label, input); }

function sheet(app, title, inside, act) {
  const form = h("form", null, h("h2", null, title), inside, button(".quiet", t("Not now"), () => app.rise()));
  const said = h("p.err", { role: "alert" });
  form.onsubmit = async (event) => {
    event.preventDefault();
    said.remove();
    try {
      await act();
    } catch (error) {
      said.textContent = error.message || t("That did not work. Try again.");
      form.querySelector(".main").before(said); // below the fields
    }
  };
  return h("div.sheet", { role: "dialog", ariaLabel: title }, form);
}

export const sheets = {
  severity: (app) => sheet(app, t("How bad is it?"), severity_picker(app.severity, (one) => app.choose(one).then(app.rise))),

  technical(app) {
    const words = h("textarea.in", { rows: 2 });
    const stays = h("p.muted.small", null, t("{name} stays with you.", { name: first(app.who().name) }));
    return sheet(app, t("I need a technical specialist"), [stays, field(t("What should the specialist know? (optional)"), words), h("button.btn.main", null, t("Bring a specialist in"))], () => app.specialist(words.value.trim()));
  },

  known(app) {
    const email = h("input.in", { type: "email", required: true, autocomplete: "email" });
    const code = h("input.in", { inputMode: "numeric", autocomplete: "one-time-code", pattern: "[0-9 ]*" });
    const second = h("div.field", { hidden: true }, h("p", { role: "status" }, t("We mailed you a code of six digits.")), field(t("Code"), code));
    const again = h("button.btn.quiet", { hidden: true, onclick: () => (code.value = "") }, t("Mail a new code"));
    const act = async () => {
      if (code.value) return app.known(email.value, code.value.replace(/\D/g, ""));
      await app.session.mail(email.value);
      second.hidden = again.hidden = false;
      code.focus();
    };
    return sheet(app, t("Confirm who you are"), [field(t("Your e-mail address at work"), email), second, h("button.btn.main", null, t("Go on")), again], act);
  },
};
