/* Who writes: the token of this button, kept on this device, and the ways to be known: the site's own sign-in or a mailed code. */

import { store, stored } from "./kept.js";

export class Session {
  #door;
  #key;
  #jwt;
  #kept = null;

  /** @param jwt async () -> what the customer's site signed for this person, or null. */
  constructor(key, jwt) {
    this.#door = `/b/${key}/session`;
    this.#key = key;
    this.#jwt = jwt;
  }

  /** {token, contact}: the one in use, else the one kept here, else a new one. */
  async open() {
    const kept = this.#read();
    if (this.#kept && kept) return (this.#kept = kept);
    const jwt = await this.#jwt();
    const sub = jwt && subject(jwt);
    if (kept && kept.sub === sub) return (this.#kept = kept);
    const visitor = kept && !kept.sub && !kept.contact.verified && jwt; // who was unknown until now keeps the chat
    return this.#ask({ ...(jwt && { jwt }), ...(visitor && { token: kept.token }) }, sub);
  }

  /** The desk no longer takes this token; another tab may have a newer one. */
  refused(token) { if (this.#read()?.token === token) this.#keep(null); }

  mail(email) { return this.#post({ email, token: this.#kept?.token }); }

  confirm(email, code) { return this.#ask({ email, code, token: this.#kept?.token }, null); }

  async #ask(body, sub) {
    const kept = { ...(await this.#post(body)), sub };
    this.#keep(kept);
    return kept;
  }

  async #post(body) {
    const answer = await fetch(this.#door, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said;
    throw Object.assign(new Error(said.detail ?? said.title), { code: [403, 404].includes(answer.status) ? 4403 : 0 });
  }

  #read() { return JSON.parse(stored(this.#key) || null); }

  #keep(kept) {
    this.#kept = kept;
    store(this.#key, kept && JSON.stringify(kept));
  }
}

function subject(jwt) {
  try {
    return JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub ?? null;
  } catch {
    return null;
  }
}
