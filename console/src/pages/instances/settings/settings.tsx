/** The menu “Instance settings”, in the order of EC2's console. */
import type { Action } from "../../../resource/resource";
import { ChangeProtection } from "../ChangeProtection";
import type { Row } from "../model";
import { ChangeCpuOptions } from "./ChangeCpuOptions";
import { ChangeCredits } from "./ChangeCredits";
import { ChangeShutdownBehavior } from "./ChangeShutdownBehavior";
import { ChangeType } from "./ChangeType";
import { EditUserData } from "./EditUserData";
import { MetadataOptions } from "./MetadataOptions";
import { stoppedOnly } from "./SettingDialog";

const ENDED = new Set(["shutting-down", "terminated"]);

type Hindered = NonNullable<Action<Row>["hindered"]>;

const alive: Hindered = ([row], text) => (ENDED.has(row.state) ? text("settings.ended", { state: row.state }) : null);
const stopped: Hindered = ([row], text) => stoppedOnly(row, text);
const burstable: Hindered = (items, text) =>
  items[0].instance.InstanceType?.startsWith("t") ? alive(items, text) : text("credits.none", { type: items[0].instance.InstanceType ?? "" });

export const INSTANCE_SETTINGS: Action<Row>[] = [
  {
    id: "terminationProtection",
    text: "action.changeTerminationProtection",
    hindered: alive,
    dialog: (given) => <ChangeProtection of="termination" {...given} />,
  },
  {
    id: "stopProtection",
    text: "action.changeStopProtection",
    hindered: alive,
    dialog: (given) => <ChangeProtection of="stop" {...given} />,
  },
  { id: "shutdownBehavior", text: "action.changeShutdownBehavior", hindered: alive, dialog: ChangeShutdownBehavior },
  { id: "type", text: "action.changeType", hindered: stopped, dialog: ChangeType },
  { id: "credits", text: "action.changeCredits", hindered: burstable, dialog: ChangeCredits },
  { id: "userData", text: "action.editUserData", hindered: alive, dialog: EditUserData },
  { id: "metadata", text: "action.metadataOptions", hindered: alive, dialog: MetadataOptions },
  { id: "cpuOptions", text: "action.changeCpuOptions", hindered: stopped, dialog: ChangeCpuOptions },
];
