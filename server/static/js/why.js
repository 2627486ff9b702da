/* A routing decision in words: why it came to this person, who was passed over, who would be next. Pure. */

import { skip } from "./lines.js";
import { because, rich, skippedBecause, stepName, t } from "./words.js";

const ORDER = ["named", "stand_ins", "technical", "pool"];

/** One or two sentences for the ring card. @param ring {kind, why: {step, because, reason, skipped, next} or null, from, note} */
export function whyHere({ kind, why, from, note }) {
  if (kind === "join" || kind === "transfer") return asked(kind, from, note);
  if (!why) return "";
  const service = why.because && why.because !== "open" ? because(why.because) : "";
  const passed = passedOver(why).map(({ name, reason }) => t("{name} {reason}", { name: first(name), reason: skippedBecause(reason) ?? reason }));
  const here = why.step ? t("you are rung as {step}", { step: stepName(why.step) ?? why.step }) : "";
  const next = (why.next ?? []).map((one) => first(one?.name ?? one)).filter(Boolean);
  const sentences = [capital([service, ...passed, here].filter(Boolean).join(", ")), next.length ? t("Next would be {names}", { names: next.join(", ") }) : ""];
  const told = sentences.filter(Boolean).map((sentence) => `${sentence}.`).join(" ");
  return told || why.reason || "";
}

function asked(kind, from, note) {
  const name = first(from?.name);
  const words = kind === "transfer" ? t("{name} hands over to you", { name }) : name ? t("{name} asks you to join", { name }) : t("The contact asks for second level");
  return note ? `${words}: “${note}”` : `${words}.`;
}

/** The lines of "why did this come to me": {mark: ok | no | yes | none, words}. */
export function whyLines(why, { me, ringed, events = [] }) {
  const beside = events.filter(({ kind, data }) => kind === "ring" && data.kind !== "serve" && data.agent?.id === me).at(-1);
  const line = beside && { mark: "yes", words: [beside.data.kind === "join" ? t("You were asked to join") : t("You were asked to take over")] };
  return [...decided(why, me, ringed), line].filter(Boolean);
}

function decided(why, me, ringed) {
  if (!why) return [];
  const lines = [];
  if (why.because) lines.push({ mark: why.because === "open" ? "ok" : "no", words: [because(why.because) ?? why.because] });
  for (const { name, step, reason } of passedOver(why)) {
    lines.push({ mark: "no", words: rich(t("{name} ({step}): {reason}"), { name: strong(name), step: stepName(step) ?? step, reason: skippedBecause(reason) ?? reason }) });
  }
  const chosen = why.agent ?? ringed;
  if (chosen?.name) {
    const step = stepName(why.step) ?? why.step ?? "";
    const words = chosen.id === me ? rich(t("{you} ({step}) were rung"), { you: strong(t("You")), step }) : rich(t("{name} ({step}) was rung"), { name: strong(chosen.name), step });
    lines.push({ mark: "yes", words });
  } else if (why.step && why.step !== "queue") {
    lines.push({ mark: "yes", words: [t("Step taken: {step}", { step: stepName(why.step) ?? why.step })] });
  } else {
    lines.push({ mark: "no", words: [t("Nobody was free: it waits in the queue")] });
  }
  const rest = unused(why);
  if (rest.length) lines.push({ mark: "none", words: [t("Not needed: {steps}", { steps: rest.map((step) => stepName(step) ?? step).join(", ") })] });
  return lines;
}

const passedOver = (why) => (why.skipped ?? []).map(skip).filter(({ name }) => name);

/** The steps after the one that was taken. */
function unused(why) {
  const steps = (why.steps ?? []).map((step) => step?.step ?? step);
  const all = steps.length ? steps : ORDER.slice(ORDER.indexOf(why.step) + 1 || ORDER.length);
  const at = all.indexOf(why.step);
  return at < 0 ? [] : all.slice(at + 1);
}

const strong = (name) => ({ strong: name });
const first = (name) => String(name ?? "").split(" ")[0];
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
