/* The composer: reply or note, text, files, what happens next, send. What it does: composing.js. */

import { useEffect, useLayoutEffect, useRef } from "../../vendor/hooks.js";
import { html } from "../html.js";
import { hour } from "../times.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { GoesByMail, Signature } from "./goes-by-mail.js";
import { Held } from "./held.js";
import { Cap, Icon } from "./parts.js";
import { SendRow } from "./sendrow.js";

export function ComposerPane({ ticket }) {
  const console = useConsole();
  const { composer, drafts, screen } = console;
  const kind = screen.tab.value;
  const draft = drafts.of(ticket.id, kind).value;
  if (ticket.summary.value.status === "closed") return html`<${ClosedStrip} />`;
  const add = (files) => composer.add(ticket, kind, files);
  const drop = (event) => { event.preventDefault(); add([...event.dataTransfer.files]); };
  const mail = kind === "reply" ? composer.byMail(ticket) : null;
  const paste = (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    const pictures = mail ? files.filter(({ type }) => type.startsWith("image/")) : [];
    add(files.filter((file) => !pictures.includes(file)));
    composer.paste(ticket, pictures);
  };
  return html`<section class="composer ${kind}" aria-label=${t("Write an answer")} onDragOver=${(event) => event.preventDefault()} onDrop=${drop} onPaste=${paste}>
    ${kind === "reply" && screen.held.value[ticket.id] && html`<${Held} ticket=${ticket} />`}
    <div class="tabs"><${Tabs} ticket=${ticket} /><span class="grow"></span>
      ${draft.saved_at && html`<span class="tiny muted not-phone num">${t("Draft saved {time}", { time: hour(draft.saved_at, console.zone) })}</span>`}</div>
    ${mail && html`<${GoesByMail} ticket=${ticket} draft=${draft} mail=${mail} />`}
    <${Field} key=${`${ticket.id} ${kind}`} ticket=${ticket} kind=${kind} draft=${draft} />
    ${mail && html`<${Signature} />`}
    ${draft.files.length > 0 && html`<ul class="files">${draft.files.map((file) => html`<li key=${file.file} class="att"><${Icon} name="file-text" /><span class="cut">${file.name}</span>
      <button class="btn quiet icon" aria-label=${t("Remove {name}", { name: file.name })} onClick=${() => composer.drop(ticket, kind, file.file)}><${Icon} name="x" /></button></li>`)}</ul>`}
    <${Tools} ticket=${ticket} kind=${kind} draft=${draft} add=${add} />
    <${SendRow} ticket=${ticket} kind=${kind} draft=${draft} />
  </section>`;
}

function Tabs({ ticket }) {
  const { composer, screen } = useConsole();
  const name = (ticket.summary.value.contact?.name || t("the contact")).split(" ")[0];
  const tab = (kind, words) => html`<label><input type="radio" name="kind" checked=${screen.tab.value === kind} onChange=${() => composer.start(kind)} /><span>${words}</span></label>`;
  return html`<span class="seg" role="radiogroup" aria-label=${t("Reply or note")}>${tab("reply", t("Reply to {name}", { name }))}${tab("note", html`<${Icon} name="lock" />${t("Note")}`)}</span>`;
}

function Field({ ticket, kind, draft }) {
  const { composer } = useConsole();
  const field = useRef(null);
  useLayoutEffect(() => {
    composer.shown(field.current);
    return () => composer.shown(null);
  }, []);
  const label = kind === "note" ? t("Note, only agents see it") : t("Reply");
  const escape = (event) => { if (event.key === "Escape") { event.preventDefault(); field.current.blur(); } };
  return html`<textarea ref=${field} rows="3" aria-label=${label} placeholder=${kind === "note" ? t("Only agents see this") : ""} value=${draft.text} dir="auto"
    onInput=${(event) => composer.type(ticket, kind, event.target.value)} onKeyDown=${escape}></textarea>`;
}

function Tools({ ticket, kind, draft, add }) {
  const { composer, screen } = useConsole();
  const picker = useRef(null);
  useEffect(() => { composer.picker = picker.current; }, []);
  const picked = (event) => { add([...event.target.files]); event.target.value = ""; };
  return html`<div class="tools"><button class="btn quiet icon" aria-label=${t("Attach a file")} title=${t("Attach a file")} onClick=${() => composer.attach()}><${Icon} name="paperclip" /></button>
    <input class="hide" type="file" multiple tabindex="-1" aria-hidden="true" ref=${picker} onChange=${picked} />
    <button class="btn quiet pull" onClick=${() => screen.ask("escalate")}><${Icon} name="wrench" />${t("Pull in technical")}<${Cap} of="t" /></button>
    ${kind === "reply" && html`<${Next} ticket=${ticket} draft=${draft} />`}</div>`;
}

function Next({ ticket, draft }) {
  const { composer } = useConsole();
  const chosen = draft.next ?? composer.standard(ticket);
  const choices = [["customer", t("Wait for them")], ["desk", t("We go on")], ["solved", t("Solve")]];
  return html`<fieldset class="next"><legend class="hide">${t("What happens after this reply")}</legend><span class="seg">
    ${choices.map(([value, words]) => html`<label key=${value}><input type="radio" name="next" checked=${chosen === value} onChange=${() => composer.next(value)} /><span>${words}</span></label>`)}</span></fieldset>`;
}

function ClosedStrip() {
  const { screen } = useConsole();
  return html`<section class="composer shut" aria-label=${t("Write an answer")}><p class="banner"><${Icon} name="lock" /><span class="grow"><b>${t("This ticket is closed.")}</b> ${t("A new message of the customer makes a new one, linked to it.")}</span>
    <button class="btn" onClick=${() => screen.ask("status")}>${t("Reopen")}</button></p></section>`;
}
