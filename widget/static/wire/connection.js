/* One line to the desk that comes back for ever: opening, heartbeat, waking up, reconnecting, HTTP as the second way. */

import { HttpWay, SocketWay } from "./ways.js";

const FINAL = new Set([4400, 4401, 4403, 4409, 4410]); // these need a person or a new session
const DEAD_MS = 12000;
const OPEN_MS = 6000; // a socket that some box on the way swallows never opens
const FIRST_MS = 2000;
const MOST_MS = 15000;
const SOCKET_AGAIN_MS = 600000; // on HTTP: how often the better way is tried

export class Connection {
  #options;
  #hello;
  #on;
  #way = null;
  #turn = 0; // an answer to an older attempt is dropped
  #heard = 0;
  #began = 0;
  #timer = null;
  #ticking = null;
  #moving = null;
  #wake = () => document.visibilityState === "visible" && this.#look(true);
  #offline = () => this.#way && this.#lost(1006);

  /**
   * @param audience "contact" or "agent"; @param hello async () -> the opening frame.
   * @param on {frame(frame), state(state)}; state: {state: opening | live | lost | over, since, retry_at, code, way},
   *   `since` and `retry_at` in this device's milliseconds.
   */
  constructor({ audience, base = location.origin, hello, on }) {
    this.#options = { audience, base };
    this.#hello = hello;
    this.#on = on;
    this.state = { state: "opening", since: Date.now(), retry_at: null, code: null, way: null };
  }

  get live() { return this.state.state === "live"; }

  start() {
    document.addEventListener("visibilitychange", this.#wake);
    addEventListener("pageshow", this.#wake);
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#offline);
    this.#ticking = setInterval(() => this.#look(false), 1000);
    this.#connect(SocketWay);
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#wake);
    removeEventListener("pageshow", this.#wake);
    removeEventListener("online", this.#wake);
    removeEventListener("offline", this.#offline);
    clearInterval(this.#ticking);
    this.#drop();
  }

  /** A person does not want to wait, or has brought a new session. */
  retry() {
    this.#drop();
    this.#connect(SocketWay);
  }

  /** True when it went out; whether it arrived only an answer tells. */
  send(frame) {
    if (!this.live) return false;
    if (frame.type === "resume" && this.#way.name === "http") return this.#connect(HttpWay), true;
    return this.#way?.send(frame) ?? false;
  }

  async #connect(Way) {
    this.#drop();
    const turn = ++this.#turn;
    this.#began = this.#heard = Date.now();
    try {
      const hello = await this.#hello();
      if (turn !== this.#turn) return;
      this.#way = new Way(this.#options, hello, {
        heard: (frame) => turn === this.#turn && this.#take(frame),
        closed: (code) => turn === this.#turn && this.#closed(code),
      });
      this.#timer = setTimeout(() => this.#closed(1006), OPEN_MS);
    } catch (error) {
      if (turn === this.#turn) this.#lost(error.code || 1006);
    }
  }

  #take(frame) {
    this.#heard = Date.now();
    if (frame.type === "ready") this.#opened();
    else if (frame.type === "heartbeat") this.#way.send({ type: "pong" });
    else if (frame.type === "moving") this.#move(frame.retry_ms);
    this.#on.frame(frame);
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#moving = null;
    this.#tell({ state: "live", since: Date.now(), retry_at: null, code: null, way: this.#way.name });
    if (this.#way.name === "http") this.#timer = setTimeout(() => this.#connect(SocketWay), SOCKET_AGAIN_MS);
  }

  #closed(code) {
    const blocked = this.#way?.name === "socket" && !this.#way.opened;
    if (blocked) this.#connect(HttpWay);
    else this.#lost(code);
  }

  /** The process goes away soon and said when to come back: nobody needs to be told of a loss. */
  #move(retry_ms) {
    this.#moving = Date.now() + retry_ms;
    this.#timer = setTimeout(() => this.#connect(SocketWay), retry_ms);
  }

  #lost(code) {
    this.#drop();
    const since = this.state.state === "live" ? Date.now() : this.state.since;
    if (FINAL.has(code)) return this.#tell({ state: "over", since, retry_at: null, code, way: null });
    const most = Math.min(MOST_MS, Math.max(FIRST_MS, (Date.now() - since) / 2)); // away for long: a little later
    const wait = this.#moving ? Math.max(0, this.#moving - Date.now()) : Math.random() * most;
    this.#moving = null;
    this.#tell({ state: "lost", since, retry_at: Date.now() + wait, code, way: null });
    this.#timer = setTimeout(() => this.#connect(SocketWay), wait);
  }

  /** Each second, and when the page wakes: timers rest while a laptop sleeps, so a dead line is found here. */
  #look(woken) {
    if (this.#way && Date.now() - this.#heard > DEAD_MS) this.#lost(1006);
    if (woken && this.state.state === "lost" && !this.#way && Date.now() - this.#began > 1000) this.#connect(SocketWay);
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#way?.close();
    this.#way = null;
  }

  #tell(state) {
    this.state = state;
    this.#on.state(state);
  }
}
