/* The palette (Ctrl K): what can be done now, this ticket first, then tickets that match. A combobox with a listbox. */

import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { ACTIONS } from "../actions.js";
import { useConsole } from "../components/context.js";
import { Icon, Keys } from "../components/parts.js";
import { html } from "../html.js";
import { statusName, t, tn } from "../words.js";
import { Dialog } from "./dialog.js";

export function Palette() {
  const console = useConsole();
  const [q, setQ] = useState("");
  const [at, setAt] = useState(0);
  const field = useRef(null);
  useLayoutEffect(() => { field.current.focus(); }, []);
  const found = useTickets(console, q);
  const groups = grouped(console, q, found);
  const all = groups.flatMap(({ options }) => options);
  const now = Math.min(at, all.length - 1);
  const run = (option) => { console.screen.close(); queueMicrotask(() => option.run()); };
  const key = (event) => {
    const to = { ArrowDown: (now + 1) % all.length, ArrowUp: (now - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Enter" && all[now]) run(all[now]);
    if (to === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (to !== undefined && all.length) { setAt(to); document.getElementById(`po${to}`)?.scrollIntoView({ block: "nearest" }); }
  };
  return html`<${Dialog} title=${t("Commands")} kind="pal">
    <div class="pal-in"><${Icon} name="search" large /><label class="hide" for="pq">${t("Command or search")}</label>
      <input id="pq" ref=${field} role="combobox" aria-expanded="true" aria-autocomplete="list" aria-controls="pl" aria-activedescendant=${all.length ? `po${now}` : undefined} autocomplete="off"
        placeholder=${t("Command or search")} value=${q} onInput=${(event) => { setQ(event.target.value); setAt(0); }} onKeyDown=${key} /><kbd class="not-phone">Esc</kbd>
      <button class="btn quiet icon only-phone" aria-label=${t("Close")} onClick=${() => console.screen.close()}><${Icon} name="x" /></button></div>
    <div class="pal-l" role="listbox" id="pl" aria-label=${t("Results")}>${groups.map((group) => html`<${Group} key=${group.name} group=${group} all=${all} now=${now} q=${q} run=${run} setAt=${setAt} />`)}</div>
    <p class="pal-f tiny muted"><span><kbd>↑</kbd> <kbd>↓</kbd> ${t("move")}</span><span><kbd>↵</kbd> ${t("run")}</span><span class="grow"></span><span role="status">${tn("{count} result", "{count} results", all.length)}</span></p>
  </${Dialog}>`;
}

const Group = ({ group, all, now, q, run, setAt }) => html`<div role="group" aria-label=${group.name}><p class="pal-g" aria-hidden="true">${group.name}</p>
  ${group.options.map((option) => {
    const place = all.indexOf(option);
    return html`<div key=${option.id} role="option" id="po${place}" aria-selected=${place === now} class="po ${place === now ? "on" : ""}" onClick=${() => run(option)} onPointerMove=${() => { if (place !== now) setAt(place); }}>
      <${Icon} name=${option.icon} /><span class="grow">${marked(option.words, q)}${option.hint && html` <span class="muted">${option.hint}</span>`}</span>${option.key && html`<${Keys} of=${option.key} />`}</div>`;
  })}</div>`;

function grouped(console, q, found) {
  const doable = ACTIONS.filter((action) => action.palette !== false && action.when(console))
    .map((action) => ({ id: action.id, group: action.group, icon: action.icon, words: action.words(), hint: action.hint?.(), key: action.keys[0], run: () => action.run(console) }))
    .filter(({ words, hint }) => matches(`${words} ${hint ?? ""}`, q));
  const subject = console.current()?.summary.value.subject;
  const tickets = found.map((summary) => ({
    id: summary.ticket, icon: "inbox", words: `${summary.number} ${summary.subject}`, hint: [summary.customer?.name, statusName(summary.status)?.toLowerCase()].filter(Boolean).join(", "), run: () => console.open(summary.ticket),
  }));
  return [
    { name: subject ? t("This ticket: {subject}", { subject }) : t("Now"), options: doable.filter(({ group }) => group === "act" || group === "answer") },
    { name: t("Customers and tickets"), options: tickets },
    { name: t("Go"), options: doable.filter(({ group }) => group === "move") },
    { name: t("Me"), options: doable.filter(({ group }) => group === "me") },
  ].filter(({ options }) => options.length);
}

/** Every word of the question somewhere in the text. */
const matches = (text, q) => q.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));

function marked(text, q) {
  const word = q.trim().split(/\s+/)[0];
  const from = word ? text.toLowerCase().indexOf(word.toLowerCase()) : -1;
  return from < 0 ? text : html`${text.slice(0, from)}<mark>${text.slice(from, from + word.length)}</mark>${text.slice(from + word.length)}`;
}

function useTickets(console, q) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    if (q.trim().length < 2) { setFound([]); return undefined; }
    const timer = setTimeout(async () => {
      const page = await console.rest.tickets({ view: "all", q: q.trim() }).catch(() => ({ tickets: [] }));
      console.desk.tickets.merge(page.tickets);
      setFound(page.tickets.slice(0, 8));
    }, 150);
    return () => clearTimeout(timer);
  }, [q]);
  return found;
}
