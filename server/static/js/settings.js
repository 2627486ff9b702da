/* What this person set in this browser: theme, single keys, sound. Kept in localStorage, applied at once. */

import { effect, signal } from "../vendor/signals-core.js";

const NAMES = { theme: "system", keys: "on", sound: "on" };

export class Settings {
  constructor(store, root) {
    for (const [name, standard] of Object.entries(NAMES)) {
      this[name] = signal(read(store, name) ?? standard);
      effect(() => keep(store, name, this[name].value));
    }
    effect(() => {
      if (this.theme.value === "system") root.removeAttribute("data-theme");
      else root.dataset.theme = this.theme.value;
    });
  }

  toggle(name) { this[name].value = this[name].peek() === "on" ? "off" : "on"; }
}

function read(store, name) {
  try {
    return store.getItem(`vipdesk.${name}`);
  } catch {
    return null; // storage is forbidden: settings last as long as the page
  }
}

function keep(store, name, value) {
  try {
    store.setItem(`vipdesk.${name}`, value);
  } catch {
    // as above
  }
}
