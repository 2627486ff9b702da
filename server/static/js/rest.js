/* The desk's REST doors for the console: pages of tickets, one ticket, one customer, files. Cookie, and X-CSRF for what changes. */

export class Refused extends Error {
  /** @param status HTTP status; @param problem RFC 9457 document or null. */
  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem?.code ?? null;
  }
}

export class Rest {
  #csrf;
  #lost;

  /** @param lost is called when the session is over (401). */
  constructor(csrf, lost) {
    this.#csrf = csrf;
    this.#lost = lost;
  }

  tickets({ view, q, cursor }) {
    const query = new URLSearchParams({ view });
    if (q) query.set("q", q);
    if (cursor) query.set("cursor", cursor);
    return this.#call("GET", `/api/v1/tickets?${query}`);
  }

  ticket(id) { return this.#call("GET", `/api/v1/tickets/${encodeURIComponent(id)}`); }
  customer(id) { return this.#call("GET", `/api/v1/customers/${encodeURIComponent(id)}`); }
  mail(id) { return this.#call("GET", `/api/v1/mails/${encodeURIComponent(id)}`); }
  people() { return this.#call("GET", "/api/v1/people"); }
  signOut() { return this.#call("DELETE", "/api/v1/sessions/current"); }

  upload(file) {
    const form = new FormData();
    form.append("file", file);
    return this.#call("POST", "/files", form);
  }

  async #call(method, path, body) {
    const headers = { Accept: "application/json", ...(method === "GET" ? {} : { "X-CSRF": this.#csrf }) };
    const answer = await fetch(path, { method, headers, body, credentials: "same-origin" });
    if (answer.status === 401) this.#lost();
    const text = await answer.text();
    const document = text && /json/.test(answer.headers.get("Content-Type") ?? "") ? JSON.parse(text) : null;
    if (!answer.ok) throw new Refused(answer.status, document);
    return document;
  }
}
