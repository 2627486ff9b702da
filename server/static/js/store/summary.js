/* What one event changes in a ticket's summary: old summary + event = the summary the desk would give now. */

/** @param me the agent who looks: their own messages are never unread. */
export function changed(summary, event, me) {
  const next = { ...summary, ...(CHANGES[`${event.stream === summary.ticket ? "" : "internal "}${event.kind}`]?.(summary, event, me) ?? {}) };
  if (event.stream === summary.ticket) next.seq = Math.max(next.seq ?? 0, event.seq);
  else next.internal_seq = Math.max(next.internal_seq ?? 0, event.seq);
  next.last_at = !next.last_at || event.at > next.last_at ? event.at : next.last_at;
  return next;
}

const CHANGES = {
  message: (summary, event, me) => ({
    said_at: event.at,
    last: said(event),
    unread: event.by?.id === me ? (summary.unread ?? 0) : (summary.unread ?? 0) + 1,
    ...(event.by?.role === "agent" ? { starts_at: null } : {}),
  }),
  "internal received": ({ starts_at }, { data }) => ({ starts_at: earlier(starts_at, data.starts_at) }),
  "internal message": (summary, event, me) => ({ unread: event.by?.id === me ? (summary.unread ?? 0) : (summary.unread ?? 0) + 1 }),
  chat: (summary, { data }) => ({
    chat: {
      ...summary.chat,
      ...(data.chat ? { id: data.chat } : {}),
      state: data.state,
      step: data.step ?? summary.chat?.step ?? null,
      because: data.because ?? summary.chat?.because ?? null,
      serving: ["live", "grace"].includes(data.state) ? (data.agent ?? summary.chat?.serving ?? null) : null,
      words: data.words ?? null,
      waiting_since: data.waiting_since ?? summary.chat?.waiting_since ?? null,
    },
  }),
  severity: (summary, { data }) => ({ severity: data.severity }),
  status: (summary, { data }) => ({ status: data.status, ...(["solved", "closed"].includes(data.status) ? { starts_at: null } : {}) }),
  read: (summary, { data }) => ({ [data.by_side === "contact" ? "read_contact" : "read_desk"]: data.seq }),
  "internal owner": (summary, { data }) => ({ owner: data.owner ?? data.agent ?? summary.owner }),
};

const earlier = (one, other) => (one && other ? (one < other ? one : other) : (one ?? other ?? null));

function said({ by, data }) {
  const text = data.body || (data.files ?? []).map(({ name }) => name).join(", ");
  return { by_role: by?.role ?? null, by_name: by?.name ?? null, text: text.slice(0, 120) };
}

/** A chat that runs: somebody waits, is rung for, is talking, or is expected back. */
export const running = (summary) => Boolean(summary.chat) && summary.chat.state !== "ended";

/** Somebody waits for an agent. */
export const waits = (summary) => ["waiting", "ringing"].includes(summary.chat?.state);
