/* Every word a person reads goes through here: English msgids in the code, other languages from the gettext catalogues. */

let catalogue = {};
let plurals = new Intl.PluralRules("en");

/** @param url JSON of {msgid: text} and {msgid: {one, few, other, …}}; on failure English stays, which is better than nothing. */
export async function load(lang, url) {
  if (!url) return;
  try {
    const answer = await fetch(url);
    if (!answer.ok) return;
    catalogue = await answer.json();
    plurals = new Intl.PluralRules(lang);
  } catch {
    // English stays
  }
}

/** t("Write to {name}", {name}) */
export function t(msgid, values = {}) { return put_in(catalogue[msgid] || msgid, values); }

/** n("{count} message waits", "{count} messages wait", count) */
export function n(singular, plural, count, values = {}) {
  const forms = catalogue[singular] ?? { one: singular, other: plural };
  return put_in(forms[plurals.select(count)] ?? forms.other, { count, ...values });
}

function put_in(text, values) { return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole); }
