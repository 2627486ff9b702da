/* Building elements; text only ever enters as text. */

/** h("p.small.muted", {role: "status"}, "text", element, null) */
export function h(kind, props, ...inside) {
  const [tag, ...names] = kind.split(".");
  const element = document.createElement(tag);
  if (names.length) element.className = names.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...inside.flat().filter((one) => one != null && one !== false));
  return element;
}

export function icon(name, kind = "") {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", kind);
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(space, "use"));
  svg.firstChild.setAttribute("href", `#${name}`);
  return svg;
}

/** A sentence with elements in it, wherever the language puts them: rich(t("Number {place}"), {place: h("b", null, "2")}) */
export function rich(sentence, pieces) {
  return sentence.split(/\{(\w+)\}/).map((part, at) => (at % 2 ? pieces[part] : part));
}

export function button(kind, label, onclick, name) {
  return h(`button.btn${kind}`, { type: "button", onclick }, name && icon(name), label);
}

/** A button that is only an icon. */
export function tool(label, name, onclick) {
  return h("button.btn.quiet.icon", { type: "button", onclick, ariaLabel: label, title: label }, icon(name, "l"));
}

export function face(person) {
  const initials = person?.name ? person.name.split(/\s+/, 2).map((word) => word[0]).join("") : "24/7";
  const box = h("span.face", { ariaHidden: "true" }, initials);
  if (person?.photo) {
    const image = h("img", { alt: "", onload: () => box.replaceChildren(image) });
    image.src = person.photo;
  }
  return box;
}

const shown = new WeakMap();

/** Replaces what is inside only when `facts` say that something else belongs there: focus and scroll stay. */
export function show(element, facts, build) {
  const key = JSON.stringify(facts);
  if (shown.get(element) === key) return;
  shown.set(element, key);
  element.replaceChildren(...[build()].flat().filter(Boolean));
}

export const first = (name) => name?.split(" ")[0];
