/* Who writes: the token of this button, kept on this device, and the ways to be known: the site's own sign-in or a mailed code. */

export class Session {
  #door;
  #name;
  #jwt;
  #kept = null;

  /** @param jwt async () -> what the customer's site signed for this person, or null. */
  constructor(key, jwt) {
    this.#door = `/b/${key}/session`;
    this.#name = `vipdesk.${key}`;
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

  /** The desk no longer takes our token. True when another tab has a newer one. */
  refused(token) {
    if (this.#read()?.token !== token) return true;
    this.#keep(null);
    return false;
  }

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
    throw Object.assign(new Error(said.detail ?? said.title), { code: { 403: 4403, 404: 4403 }[answer.status] });
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.#name));
    } catch {
      return this.#kept;
    }
  }

  #keep(kept) {
    this.#kept = kept;
    try {
      if (kept) localStorage.setItem(this.#name, JSON.stringify(kept));
      else localStorage.removeItem(this.#name);
    } catch {
      // blocked storage: known as long as the page lives
    }
  }
}

function subject(jwt) {
  try {
    return JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub ?? null;
  } catch {
    return null;
  }
}
