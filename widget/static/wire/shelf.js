/* Where requests wait that must survive a reload: IndexedDB, or nowhere but memory when the browser refuses it. */

const STORE = "requests";

export class Shelf {
  #name;
  #opening = null;

  constructor(name) { this.#name = name; }

  put(item) { return this.#do("readwrite", (store) => store.put(item)); }

  remove(rid) { return this.#do("readwrite", (store) => store.delete(rid)); }

  all() { return this.#do("readonly", (store) => store.getAll(), []); }

  async #do(mode, act, without) {
    try {
      const base = await (this.#opening ??= this.#open());
      return await new Promise((done, fail) => {
        const transaction = base.transaction(STORE, mode);
        const asked = act(transaction.objectStore(STORE));
        transaction.oncomplete = () => done(asked.result);
        transaction.onabort = transaction.onerror = () => fail(transaction.error);
      });
    } catch {
      return without; // private windows, blocked or full storage: the page itself still holds them
    }
  }

  #open() {
    return new Promise((done, fail) => {
      const asked = indexedDB.open(this.#name, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "rid" });
      asked.onsuccess = () => {
        asked.result.onversionchange = () => asked.result.close();
        done(asked.result);
      };
      asked.onerror = asked.onblocked = () => fail(asked.error);
    });
  }
}
