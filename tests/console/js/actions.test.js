import { ACTIONS } from "../js/actions.js";
import { Keyboard, stroke } from "../js/keys.js";
import { equal, that } from "./check.js";

const key = (name, more = {}) => ({ key: name, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

/** A page of its own: what was struck, and which actions ran. */
function keyboard({ keys = "on", ringing = false, dialog = null } = {}) {
  const ran = [];
  const table = ACTIONS.map((action) => ({
    ...action,
    when: () => (action.id === "pick-up" || action.id === "pass" ? ringing : action.id === "open" ? !ringing : true),
    run: () => ran.push(action.id),
  }));
  const console = { settings: { keys: { value: keys } }, screen: { dialog: { peek: () => dialog } } };
  let strike = null;
  new Keyboard(table, console).connect({ addEventListener: (_, listener) => { strike = listener; }, removeEventListener() {} });
  let now = 0;
  const struck = (name, more = {}) => strike({ ...key(name, more), timeStamp: (now += more.after ?? 100), isComposing: false, defaultPrevented: false, preventDefault() {}, target: more.target ?? null });
  return { struck, ran };
}

export const tests = {
  "No two actions have the same key, but for Enter, which a ring takes first": () => {
    const all = ACTIONS.flatMap(({ keys }) => keys);
    const twice = all.filter((name, place) => all.indexOf(name) !== place);
    equal(twice, ["enter"]);
    that(ACTIONS.findIndex(({ id }) => id === "pick-up") < ACTIONS.findIndex(({ id }) => id === "open"), "the ring comes first in the table");
  },
  "No key is the beginning of a sequence and an action at once": () => {
    const starts = new Set(ACTIONS.flatMap(({ keys }) => keys).filter((name) => name.includes(" ")).map((name) => name.split(" ")[0]));
    equal(ACTIONS.flatMap(({ keys }) => keys).filter((name) => starts.has(name)), []);
  },
  "Every action has words, an icon and something to run": () => {
    for (const action of ACTIONS) that(action.id && action.words() && action.icon && action.when && action.run, action.id);
    equal(new Set(ACTIONS.map(({ id }) => id)).size, ACTIONS.length);
  },
  "An action without a key is in the palette": () => {
    equal(ACTIONS.filter(({ keys, palette }) => !keys.length && palette === false), []);
  },
  "Strokes have one name on every keyboard": () => {
    equal(stroke(key("k", { ctrlKey: true })), "ctrl+k");
    equal(stroke(key("k", { metaKey: true })), "ctrl+k");
    equal(stroke(key("H", { shiftKey: true })), "shift+h");
    equal(stroke(key("?", { shiftKey: true })), "?");
    equal(stroke(key("¡", { altKey: true, code: "Digit1" })), "alt+1");
    equal(stroke(key("A", { ctrlKey: true, shiftKey: true })), "ctrl+shift+a");
    equal(stroke(key("Enter", { ctrlKey: true })), "ctrl+enter");
    equal(stroke(key("Shift", { shiftKey: true })), null);
  },
  "A sequence runs its action, and only within a moment": () => {
    const { struck, ran } = keyboard();
    struck("g");
    struck("m");
    struck("g");
    struck("q", { after: 5000 });
    equal(ran, ["go-customers"]);
  },
  "Single keys can be switched off; help, palette and the ring stay": () => {
    const { struck, ran } = keyboard({ keys: "off", ringing: true });
    for (const name of ["r", "n", "g", "m", "p"]) struck(name);
    struck("k", { ctrlKey: true });
    struck("?", { shiftKey: true });
    struck("Enter");
    equal(ran, ["commands", "help", "pick-up"]);
  },
  "Keys rest while a dialog is open": () => {
    const { struck, ran } = keyboard({ dialog: { name: "help" } });
    struck("r");
    struck("k", { ctrlKey: true });
    equal(ran, []);
  },
};
