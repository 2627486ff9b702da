/* The button in the customer's page: says who is there, makes the chat's frame on first intent. */
(() => {
  const script = document.currentScript;
  const { origin: desk, pathname } = new URL(script.src);
  const door = `${desk}/b/${pathname.slice(3, -3)}`; // from /w/KEY.js
  const lang = script.dataset.lang || document.documentElement.lang || navigator.language;
  const query = `?lang=${encodeURIComponent(lang)}`;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (document.querySelector("vipdesk-button")) return;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{all:initial;--s:#fff;--t:#1c1b1a;--m:#605e57;--l:#dedcd4;--a:#115e66;--e:#eaf4f4;--g:#2c8a59;--w:#8a5a00;--f:#0b57d0}
@media(prefers-color-scheme:dark){:host{--s:#242321;--t:#efede8;--m:#b4b2a8;--l:#45443f;--a:#79b8bd;--e:#142e31;--g:#4fae7b;--w:#f2c14e;--f:#a8c7fa}}
div{position:fixed;z-index:2147483000;bottom:24px;inset-inline-end:24px;display:grid;gap:12px;justify-items:end}
iframe{width:392px;max-width:calc(100vw - 48px);height:min(696px,100dvh - 116px);border:1px solid var(--l);border-radius:16px;background:var(--s);box-shadow:0 18px 48px #0005}
button{all:unset;box-sizing:border-box;display:flex;align-items:center;gap:10px;max-width:320px;min-height:56px;padding:7px;padding-inline-end:20px;border:1px solid var(--l);border-radius:99px;background:var(--s);color:var(--t);box-shadow:0 6px 18px #0003;font:14px/1.3 system-ui,sans-serif;cursor:pointer}
button:focus-visible{outline:2px solid var(--f);outline-offset:2px}
.w{position:relative}.w>*+*{position:absolute;inset-inline-end:-3px;outline:2px solid var(--s)}.f{display:grid;place-items:center;width:40px;height:40px;border-radius:50%;background:var(--e);color:var(--a);font-weight:600;overflow:hidden}canvas{width:100%}
.p{bottom:-2px;width:10px;height:10px;border-radius:50%;border:2px solid var(--m);background:var(--s)}.here{border-color:var(--g);background:var(--g)}.away,.call{border-color:var(--w)}.call{border-radius:2px;background:var(--w)}
.b{top:-5px;min-width:20px;border-radius:99px;background:var(--a);color:var(--s);font-size:12px;line-height:20px;text-align:center}
.x{display:grid}.x>*{overflow:hidden;text-overflow:ellipsis}.x span{color:var(--m);font-size:13px}
.open{width:56px;padding:0 22px}.open:before{content:"";width:9px;height:9px;border:solid;border-width:0 2px 2px 0;margin-top:-5px;rotate:45deg}
[inert]{position:absolute;opacity:0}
@media(max-width:640px){div{bottom:16px;inset-inline-end:16px}.open{display:none}iframe{position:fixed;inset:0;width:100%;max-width:none;height:100dvh;border:0;border-radius:0}}
@media(max-width:480px){.x{display:none}button{padding:7px}}@media(forced-colors:active){.p{forced-color-adjust:none}}`);

  let state = {};
  let faces = {}; // what the frame tells of the state comes without
  let note = {}; // what the frame wants said here: {title, more, face, count}
  let kept = {}; // this tab's, over pages
  try {
    kept = sessionStorage;
  } catch {} // sandboxed pages
  let timer, frame, greeted, open;

  const t = (msgid, time) => (state.words?.[msgid] || msgid).replace("{time}", time);

  const make = (tag, name, ...inside) => {
    const element = document.createElement(tag);
    element.className = name;
    element.append(...inside);
    return element;
  };

  const button = make("button", "");
  const box = make("div", "", button);
  const host = make("vipdesk-button", "");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];

  // 17:00 CET (16:00 London)
  const both = (instant, day) => {
    const at = new Date(instant);
    const clock = (timeZone) => at.toLocaleString(lang, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day });
    const office = clock(state.office_zone);
    const here = clock(zone).replace(office.slice(0, -5), ""); // the day is said once
    const name = at.toLocaleString("en-GB", { timeZone: state.office_zone, timeZoneName: "short" }).split(" ").pop();
    return `${office} ${name}` + (office.endsWith(here) ? "" : ` (${here}\xa0${zone.split("/").pop().replace("_", " ")})`);
  };

  const when = () => {
    const { step, until, next_opening } = state;
    if (step === "queue" && !next_opening) return t("wait in line or leave a message");
    if (until) return step === "pool" ? t("day and night") : t("until {time}", both(until));
    const day = { weekday: "short" };
    if (Date.parse(next_opening) - Date.now() > 5e8) day.day = day.month = "numeric";
    return next_opening ? t("office opens {time}", both(next_opening, day)) : "";
  };

  const draw = () => {
    const { label = t("Support chat"), agent, named, step, presence = "off" } = state;
    const { title = label, more = when(), face, count } = note;
    button.ariaLabel = open ? t("Close the chat panel") : `${title}, ${more}`;
    button.ariaExpanded = !!open;
    button.className = open ? "open" : "";
    if (frame) frame.inert = !open;
    if (open) return button.replaceChildren();
    const shown = agent || (step === "queue" && named);
    const round = make("span", "f", face || (shown ? shown.name.replace(/(\S)\S*\s*/g, "$1").slice(0, 2) : "24/7"));
    const drawn = shown && (faces[shown.photo] ||= shown.face);
    if (drawn && !face) {
      // drawn from what came with the state: no further request, no need of an img-src
      createImageBitmap(new Blob([Uint8Array.from(atob(drawn), (c) => c.charCodeAt())])).then((picture) => {
        const image = make("canvas", "");
        image.width = image.height = 80;
        image.getContext("2d").drawImage(picture, 0, 0);
        round.replaceChildren(image);
      }, () => {});
    }
    const mark = count ? make("span", "b", count) : make("span", `p ${presence}`);
    button.replaceChildren(make("span", "w", round, face ? "" : mark), make("span", "x", make("b", "", title), make("span", "", more)));
  };

  const take = (fresh) => {
    state = { words: state.words, ...fresh };
    clearTimeout(timer);
    timer = setTimeout(ask, 1e3 * Math.max(5, state.valid_for_s || 30));
    draw();
  };

  async function ask() {
    if (document.hidden) return;
    const answer = await fetch(`${door}/state${query}`).catch(() => 0);
    if (answer.status === 404) remove();
    else take(answer.ok ? await answer.json() : state);
  }

  const post = (type, more) => greeted && frame.contentWindow.postMessage({ vipdesk: type, ...more }, desk);

  const intend = () => {
    if (frame) return;
    frame = make("iframe", "");
    frame.title = t("Support chat");
    frame.inert = !open;
    frame.onload = () => frame.contentWindow.postMessage({ vipdesk: "hello", active: kept.vipdesk }, desk);
    frame.src = door + query;
    box.prepend(frame);
  };

  const show = () => {
    intend();
    open = true;
    draw();
    if (!greeted) return; // a frame that is still on its way loses the keyboard when it comes
    frame.focus();
    post("show");
  };

  const heard = {
    ready() {
      greeted = true;
      if (open) show();
    },
    hide() {
      open = false;
      post("hide");
      draw();
      button.focus();
    },
    state: ({ state: fresh }) => take(fresh),
    note({ note: fresh }) {
      note = fresh;
      kept.vipdesk = note.active || "";
      draw();
    },
    async token({ id }) {
      const jwt = await (async () => window.vipdesk.token())().catch(() => null);
      post("token", { id, jwt });
    },
  };

  const listen = ({ origin, source, data }) =>
    origin === desk && source === frame?.contentWindow && heard[data.vipdesk]?.(data);

  function remove() {
    clearTimeout(timer);
    removeEventListener("message", listen);
    document.removeEventListener("visibilitychange", ask);
    host.remove();
  }

  button.onclick = () => (open ? heard.hide() : show());
  button.onpointerenter = button.onfocus = intend;
  addEventListener("message", listen);
  document.addEventListener("visibilitychange", ask);
  window.vipdesk = { ...window.vipdesk, open: show, remove };
  ask().then(() => {
    root.append(box);
    document.documentElement.append(host);
    if (kept.vipdesk) intend(); // a chat goes on from the page before
  });
})();
