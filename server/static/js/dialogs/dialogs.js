/* Which dialog is open, if any. */

import { useConsole } from "../components/context.js";
import { html } from "../html.js";
import { Decline } from "./decline.js";
import { Escalate } from "./escalate.js";
import { Gone } from "./gone.js";
import { Help } from "./help.js";
import { Palette } from "./palette.js";
import { SetSeverity } from "./severity.js";
import { SetStatus } from "./status.js";
import { Transfer } from "./transfer.js";

const ALL = { decline: Decline, escalate: Escalate, gone: Gone, help: Help, palette: Palette, severity: SetSeverity, status: SetStatus, transfer: Transfer };

export function Dialogs() {
  const { screen } = useConsole();
  const asked = screen.dialog.value;
  const Shown = asked && ALL[asked.name];
  return Shown ? html`<${Shown} key=${asked.name} ...${asked} />` : null;
}
