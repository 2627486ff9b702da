import { List } from "../js/store/list.js";
import { Drafts } from "../js/store/drafts.js";
import { equal, that } from "./check.js";

const pages = (...answers) => {
  const asked = [];
  const list = new List(async (question) => { asked.push(question); return answers.shift(); }, () => []);
  return { list, asked };
};
const page = (ids, next = null) => ({ tickets: ids.map((ticket) => ({ ticket })), next, counts: { mine: ids.length } });

class Memory {
  items = new Map();
  getItem(key) { return this.items.get(key) ?? null; }
  setItem(key, value) { this.items.set(key, value); }
  removeItem(key) { this.items.delete(key); }
}

export const tests = {
  "The next page is asked for by its cursor and comes below": async () => {
    const { list, asked } = pages(page(["a", "b"], "c1"), page(["b", "c"]));
    await list.show("mine");
    await list.more();
    equal(list.ids.value, ["a", "b", "c"]);
    equal(asked[1].cursor, "c1");
    await list.more();
    equal(asked.length, 2, "no page after the last");
  },
  "A refresh brings what is newer to the top and keeps what was loaded below": async () => {
    const { list } = pages(page(["a", "b"], "c1"), page(["c", "d"], "c2"), page(["e", "a"], "c1"));
    await list.show("mine");
    await list.more();
    await list.refresh();
    equal(list.ids.value, ["e", "a", "b", "c", "d"]);
  },
  "The list does not reorder under a pointer": async () => {
    const { list } = pages(page(["a", "b"]), page(["b", "a"]));
    await list.show("mine");
    list.hover(true);
    await list.refresh();
    equal(list.ids.value, ["a", "b"]);
    list.hover(false);
    equal(list.ids.value, ["b", "a"]);
  },
  "What is new is there at once, below, while a pointer rests on the list": async () => {
    const { list } = pages(page(["a", "b"]), page(["c", "b", "a"]), page(["d", "c", "b"]));
    await list.show("mine");
    list.hover(true);
    await list.refresh();
    equal(list.ids.value, ["a", "b", "c"], "it moves nothing");
    await list.refresh();
    equal(list.ids.value, ["a", "b", "c", "d"], "what left stays until the pointer is gone");
    list.hover(false);
    equal(list.ids.value, ["d", "c", "b"]);
  },
  "A page that comes below while a pointer rests on the list stays": async () => {
    const { list } = pages(page(["a", "b"], "c1"), page(["b", "a"], "c1"), page(["c"]));
    await list.show("mine");
    list.hover(true);
    await list.refresh();
    await list.more();
    list.hover(false);
    equal(list.ids.value, ["b", "a", "c"]);
  },
  "The answer to an older question is dropped": async () => {
    let slow;
    const list = new List(({ view }) => (view === "mine" ? new Promise((done) => { slow = done; }) : Promise.resolve(page(["pool"]))), () => []);
    const first = list.show("mine");
    await list.show("pool");
    slow(page(["mine"]));
    await first;
    equal(list.ids.value, ["pool"]);
  },
  "A page that does not come is an error and not an empty list": async () => {
    const list = new List(async () => { throw new Error("no line"); }, () => []);
    await list.show("mine");
    equal(list.state.value, "error");
  },
  "A draft survives a reload, with its files and what it was based on": () => {
    const memory = new Memory();
    new Drafts(memory, "ben").write("t1", "reply", { text: "Dear", files: [{ file: "f" }] }, { base: 4, now: 1 });
    const again = new Drafts(memory, "ben").of("t1", "reply").value;
    equal([again.text, again.files.length, again.base], ["Dear", 1, 4]);
    equal(new Drafts(memory, "anna").of("t1", "reply").value.text, "", "another person's drafts are theirs");
  },
  "A draft keeps the base it was begun on, until the writer has read what came": () => {
    const drafts = new Drafts(new Memory(), "ben");
    drafts.write("t1", "reply", { text: "D" }, { base: 4, now: 1 });
    drafts.write("t1", "reply", { text: "De" }, { base: 6, now: 2 });
    equal(drafts.of("t1", "reply").value.base, 4);
    drafts.rebase("t1", "reply", 6);
    equal(drafts.of("t1", "reply").value.base, 6);
  },
  "An emptied draft leaves nothing behind": () => {
    const memory = new Memory();
    const drafts = new Drafts(memory, "ben");
    drafts.write("t1", "reply", { text: "D" }, { base: 4, now: 1 });
    drafts.write("t1", "reply", { text: "" }, { base: 5, now: 2 });
    equal([memory.items.size, drafts.of("t1", "reply").value.base], [0, null]);
  },
  "A forbidden storage loses nothing while the page lives": () => {
    const closed = { getItem() { throw new Error("denied"); }, setItem() { throw new Error("denied"); }, removeItem() { throw new Error("denied"); } };
    const drafts = new Drafts(closed, "ben");
    drafts.write("t1", "reply", { text: "D" }, { base: 4, now: 1 });
    that(drafts.of("t1", "reply").value.text === "D", "the draft is there");
  },
};
