/* The frame of every dialog: native <dialog>, Escape and the scrim close it, the focus returns to where it was. */

import { useLayoutEffect, useRef } from "../../vendor/hooks.js";
import { useConsole } from "../components/context.js";
import { Icon } from "../components/parts.js";
import { html } from "../html.js";
import { t } from "../words.js";

export function Dialog({ title, wide, kind = "", children, close: onClose }) {
  const { screen } = useConsole();
  const box = useRef(null);
  const close = onClose ?? (() => screen.close());
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    dialog.showModal();
    (dialog.querySelector("form input:checked") ?? dialog.querySelector("form :is(textarea, input)"))?.focus();
    return () => {
      dialog.close(); // while it is open nothing else can have the focus
      if (before?.isConnected) before.focus();
    };
  }, []);
  const cancel = (event) => { event.preventDefault(); close(); };
  const scrim = (event) => { if (event.target === box.current) close(); };
  return html`<dialog ref=${box} class="sheet-c ${wide ? "wide" : ""} ${kind}" aria-label=${title} onCancel=${cancel} onClick=${scrim}>
    ${kind === "pal" ? children : html`<div class="sheet-in"><header class="row"><h2 class="grow">${title}</h2>
      <button class="btn quiet icon" aria-label=${t("Close")} onClick=${close}><${Icon} name="x" /></button></header>${children}</div>`}
  </dialog>`;
}

/** A dialog that asks for something: fields, one main button that is a verb, and a way back. */
export function Asking({ title, verb, ready, act, children }) {
  const { desk, screen } = useConsole();
  const live = desk.link.value.state === "live";
  const submit = async (event) => {
    event.preventDefault();
    if (!ready || !live) return;
    screen.close();
    await act();
  };
  return html`<${Dialog} title=${title}><form class="stack ask" onSubmit=${submit}>${children}
    ${!live && html`<p class="banner care" role="status">${t("The line is lost: this waits until it is back.")}</p>`}
    <div class="row ends"><button class="btn" type="button" onClick=${() => screen.close()}>${t("Not now")}</button><button class="btn main" type="submit" disabled=${!ready || !live}>${verb}</button></div></form></${Dialog}>`;
}

/** A reason or a note: one line or several. */
export const Reason = ({ id, label, hint, value, set, rows = 2 }) => html`<div class="field"><label for=${id}>${label}</label>
  <textarea class="in" id=${id} rows=${rows} value=${value} aria-describedby=${hint ? `${id}-h` : undefined} onInput=${(event) => set(event.target.value)}></textarea>
  ${hint && html`<span class="hint" id="${id}-h">${hint}</span>`}</div>`;

export const Radio = ({ name, value, now, set, disabled, children }) => html`<label class="choice ${disabled ? "muted" : ""}">
  <input type="radio" name=${name} checked=${now === value} disabled=${disabled} onChange=${() => set(value)} />${children}</label>`;
