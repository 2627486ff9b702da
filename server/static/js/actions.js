/* THE table of actions: it makes the keys, the palette (Ctrl K) and the help (?). What is not here has no key.

   id; group (move, answer, act, me); keys (the first is shown); icon; words() for palette and help; `palette: false` keeps
   it out of the palette; when(console): can it be done now; run(console). */

import { t } from "./words.js";

const always = () => true;
const onTicket = (console) => Boolean(console.current());
const live = ({ desk }) => desk.link.value.state === "live";
const onOpenTicket = (console) => onTicket(console) && console.current().summary.value.status !== "closed";
const ringing = (console) => console.desk.rings.open.value.length > 0;

/** In a field with something in it the key undoes what was typed. */
const writes = () => Boolean(globalThis.document?.activeElement?.value);

const go = (id, key, icon, words) => ({
  id: `go-${id}`, group: "move", keys: [`g ${key}`], icon, words, when: always, run: (console) => console.show(id),
});
const next = (id, key, words) => ({
  id: `next-${id}`, group: "answer", keys: [`alt+${key}`], icon: "reply", words, palette: false, when: onTicket, run: (console) => console.composer.next(id),
});

export const ACTIONS = [
  { id: "down", group: "move", keys: ["j"], icon: "list", words: () => t("Next ticket"), palette: false, when: always, run: (console) => console.move(1) },
  { id: "up", group: "move", keys: ["k"], icon: "list", words: () => t("Previous ticket"), palette: false, when: always, run: (console) => console.move(-1) },
  { id: "pick-up", group: "act", keys: ["enter"], always: true, icon: "phone-incoming", words: () => t("Pick up the ring"), when: (c) => ringing(c) && live(c), run: (console) => console.pickUp() },
  { id: "open", group: "move", keys: ["enter"], icon: "inbox", words: () => t("Open the ticket"), palette: false, when: (c) => !ringing(c) && Boolean(c.screen.cursor.value), run: (console) => console.open(console.screen.cursor.value) },
  { id: "back", group: "move", keys: ["escape"], icon: "arrow-left", words: () => t("Back to the list"), palette: false, when: always, run: (console) => console.back() },
  go("mine", "d", "inbox", () => t("Go to mine, due first")),
  go("customers", "m", "star", () => t("Go to my customers")),
  go("waiting", "q", "users", () => t("Go to the queue")),
  go("all", "a", "list", () => t("Go to all tickets")),
  go("technical", "t", "wrench", () => t("Go to technical")),
  go("pool", "p", "headphones", () => t("Go to the 24/7 pool")),
  go("solved", "s", "circle-check", () => t("Go to solved")),
  { id: "search", group: "move", keys: ["/"], icon: "search", words: () => t("Search tickets"), when: always, run: (console) => console.search() },
  { id: "commands", group: "move", keys: ["ctrl+k"], icon: "keyboard", words: () => t("Commands"), palette: false, when: always, run: (console) => console.screen.ask("palette") },
  { id: "help", group: "move", keys: ["?"], always: true, icon: "keyboard", words: () => t("Keys"), when: always, run: (console) => console.screen.ask("help") },

  { id: "reply", group: "answer", keys: ["r"], icon: "reply", words: () => t("Reply"), when: onOpenTicket, run: (console) => console.composer.start("reply") },
  { id: "note", group: "answer", keys: ["n"], icon: "lock", words: () => t("Write a note"), when: onOpenTicket, run: (console) => console.composer.start("note") },
  { id: "send", group: "answer", keys: ["ctrl+enter"], icon: "send", words: () => t("Send"), palette: false, when: onOpenTicket, run: (console) => console.composer.send() },
  { id: "take-back", group: "answer", keys: ["ctrl+z"], icon: "rotate-ccw", words: () => t("Take back a mail that has not left"), when: (c) => live(c) && !writes() && Boolean(c.leaving()), run: (console) => console.takeBack() },
  next("customer", 1, () => t("Then wait for them")),
  next("desk", 2, () => t("Then we go on")),
  next("solved", 3, () => t("Then solve")),
  { id: "attach", group: "answer", keys: ["ctrl+shift+a"], icon: "paperclip", words: () => t("Attach a file"), when: onOpenTicket, run: (console) => console.composer.attach() },
  { id: "change-held", group: "answer", keys: ["alt+r"], icon: "hand", words: () => t("Change a held reply"), when: (c) => onTicket(c) && Boolean(c.screen.held.value[c.current().id]), run: (console) => console.changeHeld() },

  { id: "send-again", group: "answer", keys: [], icon: "send", words: () => t("Send the mail again that perhaps arrived"), when: (c) => live(c) && Boolean(c.doubted()), run: (console) => console.decide(console.current(), console.doubted(), "sendAgain") },
  { id: "arrived", group: "answer", keys: [], icon: "check", words: () => t("Say that the mail arrived"), when: (c) => live(c) && Boolean(c.doubted()), run: (console) => console.decide(console.current(), console.doubted(), "markArrived") },

  { id: "pass", group: "act", keys: ["p"], icon: "phone-off", words: () => t("Pass the ring on"), when: (c) => ringing(c) && live(c), run: (console) => console.passOn() },
  { id: "technical", group: "act", keys: ["t"], icon: "wrench", words: () => t("Pull in a technical specialist"), when: (c) => onOpenTicket(c) && live(c), run: (console) => console.screen.ask("escalate") },
  { id: "hand-over", group: "act", keys: ["shift+h"], icon: "arrow-right-left", words: () => t("Hand over to…"), hint: () => t("warm, comes back if nobody takes it"), when: (c) => onOpenTicket(c) && live(c), run: (console) => console.screen.ask("transfer") },
  { id: "severity", group: "act", keys: ["s"], icon: "git-compare", words: () => t("Change severity…"), when: (c) => onOpenTicket(c) && live(c), run: (console) => console.screen.ask("severity") },
  { id: "status", group: "act", keys: ["shift+s"], icon: "circle-check", words: () => t("Close or reopen…"), when: (c) => onTicket(c) && live(c), run: (console) => console.screen.ask("status") },
  { id: "leave", group: "act", keys: ["shift+l"], icon: "log-out", words: () => t("Leave the chat"), when: (c) => onTicket(c) && live(c) && c.inChat(), run: (console) => console.leave() },
  { id: "why", group: "act", keys: ["y"], icon: "info", words: () => t("Why did this come to me"), when: onTicket, run: (console) => console.showWhy() },
  { id: "available", group: "act", keys: ["shift+a"], icon: "user", words: () => t("Available, away"), when: live, run: (console) => console.toggleAway() },

  { id: "auto-answer", group: "me", keys: [], icon: "zap", words: () => t("Switch automatic answer"), when: live, run: (console) => console.toggleAuto() },
  { id: "theme", group: "me", keys: [], icon: "moon", words: () => t("Switch between light and dark"), when: always, run: (console) => console.switchTheme() },
  { id: "administration", group: "me", keys: [], icon: "sliders-horizontal", words: () => t("Go to the administration"), when: (console) => console.administers(), run: (console) => console.administer() },
  { id: "sign-out", group: "me", keys: [], icon: "log-out", words: () => t("Sign out"), when: always, run: (console) => console.signOut() },
];

export const action = (id) => ACTIONS.find((entry) => entry.id === id);
