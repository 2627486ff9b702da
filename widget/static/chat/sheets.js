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

function sheet(title, inside, act) {
  const form = h("form", null, h("h2", null, title), inside);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const said = form.querySelector(".err") ?? h("p.err", { role: "alert" });
    try {
      said.remove();
      await act(form);
    } catch (error) {
      said.textContent = error.message || t("That did not work. Try again.");
      form.append(said);
    }
  };
  return h("div.sheet", { role: "dialog", ariaLabel: title }, form);
}

export const sheets = {
  severity: (app) => sheet(t("How bad is it?"), [severity_picker(app.severity, (one) => app.choose(one).then(app.rise)), button(".quiet", t("Leave it as it is"), () => app.rise())]),

  technical(app) {
    const words = h("textarea.in", { rows: 2 });
    const name = first(app.talk.chat?.serving?.name);
    const stays = h("p.muted.small", null, name ? t("{name} stays with you.", { name }) : t("Your agent stays with you."));
    return sheet(t("A technical specialist, now"), [stays, field(t("What should the specialist know? (optional)"), words), h("button.btn.main", null, t("Bring a specialist in")), button(".quiet", t("Not now"), () => app.rise())], () => app.specialist(words.value.trim()));
  },

  known(app) {
    const email = h("input.in", { type: "email", required: true, autocomplete: "email" });
    const code = h("input.in", { inputMode: "numeric", autocomplete: "one-time-code", pattern: "[0-9 ]*" });
    const second = h("div.field", { hidden: true }, h("p", { role: "status" }, t("We mailed you a code of six digits.")), field(t("Code"), code));
    const act = async () => {
      if (second.hidden) {
        await app.session.mail(email.value);
        second.hidden = false;
        code.required = true;
        code.focus();
      } else await app.known(email.value, code.value.replace(/\D/g, ""));
    };
    return sheet(t("Confirm who you are"), [field(t("Your e-mail address at work"), email), second, h("button.btn.main", null, t("Go on")), button(".quiet", t("Not now"), () => app.rise())], act);
  },
};
