/* Keys to actions: single keys rest while somebody types, sequences ("g m") wait a moment for their second stroke. */

const SEQUENCE_MS = 1200;

export class Keyboard {
  #actions;
  #console;
  #pending = null;

  /** @param actions the table of actions.js; @param console is handed to their `when` and `run`. */
  constructor(actions, console) {
    this.#actions = actions;
    this.#console = console;
  }

  connect(target) {
    this.target = target;
    target.addEventListener("keydown", this.#onKey);
  }

  disconnect() { this.target?.removeEventListener("keydown", this.#onKey); }

  #onKey = (event) => {
    if (event.isComposing || event.defaultPrevented || this.#console.screen.dialog.peek()) return;
    const name = stroke(event);
    if (!name) return;
    const place = where(event);
    const action = this.#find(name, place, event.timeStamp);
    if (!action) return;
    event.preventDefault();
    action.run(this.#console);
  };

  #find(name, place, now) {
    const pending = this.#pending && now - this.#pending.at < SEQUENCE_MS ? this.#pending.name : null;
    this.#pending = null;
    const fits = (action) => allowed(action, name, place, this.#console) && action.when(this.#console);
    const sequence = pending && this.#actions.find((action) => action.keys.includes(`${pending} ${name}`) && fits(action));
    if (sequence) return sequence;
    const starts = this.#actions.some((action) => action.keys.some((key) => key.startsWith(`${name} `)) && allowed(action, name, place, this.#console));
    if (starts) this.#pending = { name, at: now };
    return starts ? null : this.#actions.find((action) => action.keys.includes(name) && fits(action));
  }
}

/** "ctrl+shift+a", "shift+h", "?", "escape"; Cmd counts as Ctrl. Null for a bare modifier. */
export function stroke(event) {
  const { key } = event;
  if (!key || ["Control", "Shift", "Alt", "Meta", "Dead", "AltGraph"].includes(key)) return null;
  const digit = event.altKey && /^Digit\d$/.test(event.code) ? event.code.at(-1) : null;
  const plain = digit ?? (event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.at(-1).toLowerCase() : key.length === 1 ? key.toLowerCase() : key.toLowerCase());
  const shifted = event.shiftKey && (key.length > 1 || /\p{L}/u.test(key));
  const parts = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.altKey ? "alt" : "", shifted ? "shift" : "", plain];
  return parts.filter(Boolean).join("+");
}

/** Where the key was struck: "typing" in a field, "control" on something that itself answers to Enter, else "page". */
function where({ target }) {
  if (!target?.closest) return "page";
  if (target.closest("textarea, select, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=button])")) return "typing";
  return target.closest("a, button, input, summary, [role=option], dialog") ? "control" : "page";
}

function allowed(action, name, place, console) {
  const modified = /^(ctrl|alt)\+/.test(name) || name === "escape";
  if (modified) return true;
  if (place === "typing") return false;
  if (name === "enter" && place === "control") return false;
  return console.settings.keys.value === "on" || action.always === true;
}
