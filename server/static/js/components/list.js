/* The list pane: head with search, rows in chunks that are empty while they are out of reach, the next page on the way down. */

import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { html } from "../html.js";
import { t, tn } from "../words.js";
import { useConsole } from "./context.js";
import { Lost } from "./lost.js";
import { Empty, Icon, Keys, Skeleton } from "./parts.js";
import { Row } from "./row.js";
import { viewEmpty, viewName } from "./views.js";

const CHUNK = 40;
const REACH = "1200px 0px"; // beyond what is seen: the next J or turn of the wheel finds its row there

export function ListPane() {
  const console = useConsole();
  const { list, screen } = console;
  const name = list.q.value ? t("Found: {q}", { q: list.q.value }) : viewName(list.view.value);
  return html`<section class="list-pane" aria-label=${t("Tickets, {view}", { view: name })}>
    <header>
      ${screen.searching.value ? html`<${Search} />` : html`<h2 class="cut">${name}</h2>
        <button class="btn quiet icon" aria-label=${t("Search tickets")} title=${t("Search tickets")} onClick=${() => console.search()}><${Icon} name="search" /></button>
        <button class="btn quiet icon only-phone" aria-label=${t("Commands")} onClick=${() => screen.ask("palette")}><${Icon} name="ellipsis" /></button>`}
    </header>
    <${Lost} />
    <${Rows} />
    <footer class="tiny muted"><span><${Keys} of="j k" />${t("move")}</span><span><${Keys} of="enter" />${t("open it")}</span><span><${Keys} of="?" />${t("keys")}</span></footer>
  </section>`;
}

function Rows() {
  const { list } = useConsole();
  const state = list.state.value;
  const ids = list.ids.value;
  if (state === "error" && !ids.length) return html`<${Failed} />`;
  if (state === "loading") return html`<${Loading} />`;
  if (!ids.length) return html`<${Nothing} />`;
  const chunks = Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, place) => ids.slice(place * CHUNK, (place + 1) * CHUNK));
  return html`<div class="tickets" role="list" onPointerEnter=${() => list.hover(true)} onPointerLeave=${() => list.hover(false)}>
    <div class="grp" role="listitem">${t("No clock running")} <span class="num">${tn("{count} ticket", "{count} tickets", ids.length)}${list.next.value ? "+" : ""}</span></div>
    ${chunks.map((chunk, place) => html`<${Chunk} key=${place} place=${place} ids=${chunk} />`)}
    ${list.next.value && html`<${More} />`}
  </div>`;
}

/** Rows while they are near or hold the cursor, else their room. They are drawn again only when their own ids change. */
function Chunk({ place, ids }) {
  const { list, screen } = useConsole();
  const box = useRef(null);
  const shown = useRef({ key: null, rows: null });
  const [near, setNear] = useState(place < 2);
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => setNear(seen.at(-1).isIntersecting), { root: box.current.parentElement, rootMargin: REACH });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const full = near || ids.includes(screen.cursor.value ?? list.ids.value[0]);
  const key = full ? ids.join(" ") : null;
  useLayoutEffect(() => { box.current.style.blockSize = full ? "" : `calc(${ids.length} * var(--row))`; }, [full, ids.length]);
  if (shown.current.key !== key) shown.current = { key, rows: full ? ids.map((id) => html`<${Row} key=${id} id=${id} />`) : null };
  return html`<div class="chunk" role="presentation" ref=${box}>${shown.current.rows}</div>`;
}

function More() {
  const { list } = useConsole();
  const mark = useRef(null);
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) list.more(); }, { rootMargin: "600px" });
    watch.observe(mark.current);
    return () => watch.disconnect();
  }, [list.next.value]);
  return html`<div class="more" role="listitem" ref=${mark}><button class="btn quiet wide" onClick=${() => list.more()}>${t("More tickets")}</button></div>`;
}

function Search() {
  const console = useConsole();
  const field = useRef(null);
  const timer = useRef(null);
  useLayoutEffect(() => { field.current.focus(); }, []);
  const find = (event) => {
    clearTimeout(timer.current);
    const q = event.target.value.trim();
    timer.current = setTimeout(() => console.find(q), 200);
  };
  const escape = (event) => { if (event.key === "Escape") { event.preventDefault(); console.endSearch(); } };
  return html`<label class="search grow"><span class="hide">${t("Search tickets")}</span><${Icon} name="search" />
      <input ref=${field} type="search" placeholder=${t("Customer, subject, number")} onInput=${find} onKeyDown=${escape} /></label>
    <button class="btn quiet icon" aria-label=${t("End the search")} onClick=${() => console.endSearch()}><${Icon} name="x" /></button>`;
}

/** Nothing for 300 ms, then the shape of what comes. */
function Loading() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class="tickets">${late && html`<${Skeleton} rows=${6} label=${t("Loading tickets")} />`}</div>`;
}

function Nothing() {
  const { list } = useConsole();
  const [title, next] = list.q.value ? [t("Nothing found."), t("Search looks at customers, subjects and numbers.")] : viewEmpty(list.view.value);
  return html`<div class="tickets"><${Empty} title=${title} icon=${list.q.value ? "search" : "circle-check"}>${next}</${Empty}></div>`;
}

function Failed() {
  const { list } = useConsole();
  return html`<div class="tickets"><div class="banner bad" role="alert"><${Icon} name="octagon-alert" /><span><b>${t("The list did not come.")}</b> ${t("What you wrote is kept.")}
    <button class="btn" onClick=${() => list.show(list.view.peek(), list.q.peek())}>${t("Try again")}</button></span></div></div>`;
}
