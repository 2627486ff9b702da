/* The views of the list: their names, their icons and what an empty one says. */

import { t } from "../words.js";

const ICONS = { mine: "inbox", customers: "star", waiting: "clock", all: "list", technical: "wrench", pool: "headphones", solved: "circle-check" };

export const viewIcon = (view) => ICONS[view] ?? "list";

export const viewName = (view) =>
  ({
    mine: t("Mine"),
    customers: t("My customers"),
    waiting: t("Waiting"),
    all: t("All"),
    technical: t("Technical"),
    pool: t("24/7 pool"),
    solved: t("Solved"),
  })[view] ?? view;

/** What an empty view says, and what comes next. */
export const viewEmpty = (view) =>
  ({
    mine: [t("Nothing of yours is open."), t("New chats of your customers ring here.")],
    customers: [t("Your customers have no open ticket."), t("They appear as soon as somebody presses the button.")],
    waiting: [t("Nobody waits."), t("Who finds no agent free stands here, the longest first.")],
    all: [t("No open ticket."), t("Every ticket that you may see is listed here.")],
    technical: [t("Second level is not asked for."), t("Tickets that need a technical specialist come here.")],
    pool: [t("The pool has nothing to do."), t("Out of hours, and when nobody dedicated is free, chats come here.")],
    solved: [t("Nothing solved yet."), t("Solved tickets stay here for 14 days and open again if the customer writes.")],
  })[view] ?? [t("Nothing here."), ""];
