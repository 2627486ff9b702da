/* The two ways frames travel: a WebSocket, or HTTP where those are blocked. Each opens with `hello` and tells `on`. */

const CODES = { 400: 4400, 401: 4401, 403: 4403, 409: 4409, 410: 4410 };

export class SocketWay {
  name = "socket";
  opened = false;
  #socket;

  /** @param on {heard(frame), closed(code)}: nothing is told after `close()`. */
  constructor({ base, audience }, hello, on) {
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/ws/${audience}`, "vipdesk.1");
    socket.onopen = () => {
      this.opened = true;
      this.send(hello);
    };
    socket.onmessage = ({ data }) => on.heard(JSON.parse(data));
    socket.onclose = ({ code }) => on.closed(code);
    this.#socket = socket;
  }

  send(frame) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  close() {
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close(1000);
  }
}

export class HttpWay {
  name = "http";
  opened = false;
  #at;
  #headers;
  #on;
  #stop = new AbortController();

  constructor({ base, audience }, hello, on) {
    this.#at = `${base}/x/${audience}`;
    this.#headers = { "Content-Type": "application/json" };
    if (hello.token) this.#headers.Authorization = `Bearer ${hello.token}`;
    if (hello.csrf) this.#headers["X-CSRF"] = hello.csrf;
    this.#on = on;
    this.#listen(hello);
  }

  /** One request; its answer is heard like any other frame. `resume` is a new stream: the caller reconnects. */
  send(frame) {
    this.#post(this.#at, frame)
      .then(async (answer) => {
        if (answer.status === 401 || answer.status === 403) this.#end(CODES[answer.status]);
        else if (answer.status !== 204) this.#hear(await answer.json());
      })
      .catch(() => this.#end(1006));
    return true;
  }

  close() {
    this.#on = null;
    this.#stop.abort();
  }

  async #listen(hello) {
    try {
      const answer = await this.#post(`${this.#at}/stream`, hello);
      if (!answer.ok) return this.#end(CODES[answer.status] ?? 1006);
      this.opened = true;
      await this.#read(answer.body.getReader());
    } catch {
      // the line broke: said below
    }
    this.#end(1006);
  }

  async #read(reader) {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (text + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      text = parts.pop();
      for (const part of parts) this.#part(part);
    }
  }

  #part(part) {
    const lines = part.split(/\r?\n/);
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
    if (!data) return;
    if (lines.some((line) => /^event: ?close$/.test(line))) this.#end(JSON.parse(data).code ?? JSON.parse(data));
    else this.#hear(JSON.parse(data));
  }

  #hear(frame) { this.#on?.heard(frame); }

  #end(code) {
    const on = this.#on;
    this.close();
    on?.closed(code);
  }

  #post(url, frame) {
    const { "Content-Type": _, ...rest } = this.#headers;
    return fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...rest },
      body: JSON.stringify(frame),
      signal: this.#stop.signal,
    });
  }
}
