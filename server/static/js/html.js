/* The one way this console makes elements: htm templates over Preact, without a build. */

import htm from "../vendor/htm.js";
import { h } from "../vendor/preact.js";
import "../vendor/signals.js"; // components follow the signals that they read

export const html = htm.bind(h);
