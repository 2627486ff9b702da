/* A file of a message: pictures are shown, others named with their size; both open by a signed link that expires. */

import { useEffect, useState } from "../../vendor/hooks.js";
import { html } from "../html.js";
import { t } from "../words.js";
import { useConsole } from "./context.js";
import { Icon } from "./parts.js";

const links = new Map(); // "<file> <preview>" -> {url, until}
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export function File({ file, ticket }) {
  const console = useConsole();
  const picture = file.picture ?? PICTURES.includes(file.type);
  const [shown, setShown] = useState(null);
  useEffect(() => {
    let here = true;
    if (picture) linkOf(console, ticket, file, true).then((link) => { if (here && link) setShown(link.url); });
    return () => { here = false; };
  }, [file.file]);
  const open = async (event) => {
    event.preventDefault();
    const link = await linkOf(console, ticket, file, picture);
    if (link) window.open(link.url, "_blank", "noopener");
  };
  if (picture && shown) { // what only seemed to be a picture is a file like others
    return html`<a class="pic" href=${shown} onClick=${open} aria-label=${t("Open the picture {name}", { name: file.name })}><img src=${shown} alt=${file.name} loading="lazy" onError=${() => setShown(null)} /></a>`;
  }
  return html`<a class="att" href="#file" onClick=${open}><${Icon} name=${picture ? "image" : "file-text"} /><span class="cut">${file.name}</span><span class="muted num">${size(file.bytes)}</span></a>`;
}

async function linkOf(console, ticket, file, preview) {
  const key = `${file.file} ${preview}`;
  const known = links.get(key);
  if (known && Date.parse(known.until) > console.now() + 5000) return known;
  const link = await console.verbs.link(ticket.id, file.file, preview);
  if (link) links.set(key, link);
  return link;
}

/** "4 kB", "1.3 MB" */
export function size(bytes) {
  if (bytes === undefined || bytes === null) return "";
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
