/* Small texts kept on this device for this page's origin; where storage is blocked, as long as the page lives. */

const here = new Map();

export function stored(name) {
  try {
    return localStorage.getItem(`vipdesk.${name}`);
  } catch {
    return here.get(name);
  }
}

/** An empty value forgets. */
export function store(name, value) {
  here.set(name, value);
  try {
    if (value) localStorage.setItem(`vipdesk.${name}`, value);
    else localStorage.removeItem(`vipdesk.${name}`);
  } catch {
    // blocked: the map has it
  }
}
