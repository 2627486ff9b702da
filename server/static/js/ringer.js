/* A ring must be noticed: sound, title, favicon, desktop notification; and it stops in every tab when one has answered. */

import { effect, signal } from "../vendor/signals-core.js";
import { t } from "./words.js";

const EVERY_MS = 2500;
const ICONS = { quiet: "../icons/favicon.svg", ring: "../icons/favicon-ring.svg" };

export class Ringer {
  #console;
  #channel = null;
  #audio = null;
  #beating = null;
  #unlock = null; // gives the sound to another tab
  #shown = new Map(); // ring -> Notification

  constructor(console) {
    this.#console = console;
    this.permission = signal(globalThis.Notification?.permission ?? "denied");
  }

  connect() {
    this.#channel = new BroadcastChannel("vipdesk-rings");
    this.#channel.onmessage = ({ data }) => this.#console.desk.rings.answer(data.answered);
    // browsers let a page sound only after a person has touched it; the touch of the sign-in before it counts with some
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.#wake(), { once: true });
    this.stop = effect(() => this.#follow(this.#console.desk.rings.open.value, this.#console.settings.sound.value === "on"));
  }

  disconnect() {
    this.stop();
    this.#quiet();
    this.#channel.close();
  }

  /** This person answered here: the other tabs fall silent before the desk says so. */
  answered(ring) { this.#channel?.postMessage({ answered: ring }); }

  async allow() { this.permission.value = await Notification.requestPermission(); }

  #follow(rings, sounding) {
    icon(rings.length ? ICONS.ring : ICONS.quiet);
    for (const [id, notice] of this.#shown) if (!rings.some(({ ring }) => ring === id)) { notice.close(); this.#shown.delete(id); }
    if (!rings.length) return this.#quiet();
    for (const ring of rings) this.#notify(ring);
    if (sounding) this.#sound();
    else this.#quiet();
  }

  /** One tab sounds: of those that may, whichever gets the lock first. */
  async #sound() {
    if (this.#beating) return;
    this.#beating = setInterval(() => this.#unlock && this.chime(), EVERY_MS);
    await this.#wake(); // a tab that nobody has touched must not hold the lock in silence
    const hold = () => new Promise((done) => { this.#unlock = done; this.chime(); });
    if (navigator.locks) navigator.locks.request("vipdesk-sound", () => (this.#beating ? hold() : null)).catch(() => null);
    else if (this.#beating) hold();
  }

  #quiet() {
    clearInterval(this.#beating);
    this.#beating = null;
    this.#unlock?.();
    this.#unlock = null;
  }

  /** Done when this tab may sound, which may be never. */
  async #wake() {
    this.#audio ??= globalThis.AudioContext ? new AudioContext() : null;
    await this.#audio?.resume().catch(() => null);
  }

  /** Two soft notes, a fifth apart. */
  chime() {
    if (!this.#audio || this.#audio.state !== "running") return;
    for (const [pitch, after] of [[659, 0], [988, 0.18]]) {
      const start = this.#audio.currentTime + after;
      const tone = new OscillatorNode(this.#audio, { type: "sine", frequency: pitch });
      const volume = new GainNode(this.#audio, { gain: 0 });
      volume.gain.linearRampToValueAtTime(0.25, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.connect(volume).connect(this.#audio.destination);
      tone.start(start);
      tone.stop(start + 0.55);
    }
  }

  /** Once: a sound and, where this window is not looked at, a word of the system's. */
  alarm(words) {
    this.#wake();
    this.chime();
    if (this.permission.peek() === "granted" && !document.hasFocus()) new Notification(words).onclick = () => window.focus();
  }

  #notify(ring) {
    if (this.permission.peek() !== "granted" || this.#shown.has(ring.ring) || document.hasFocus()) return;
    const notice = new Notification(t("{customer} rings you", { customer: ring.customer?.name ?? "" }), { body: ring.text ?? "", tag: `vipdesk-${ring.ring}` });
    notice.onclick = () => window.focus();
    this.#shown.set(ring.ring, notice);
  }
}

function icon(file) {
  const link = document.querySelector("link[rel=icon]");
  const href = new URL(file, import.meta.url).pathname;
  if (link && link.getAttribute("href") !== href) link.setAttribute("href", href);
}
