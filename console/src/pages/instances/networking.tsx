/** The menu “Networking”, in the order of EC2's console. */
import type { Action } from "../../resource/resource";
import { ASSOCIATED_IN } from "../elastic-ips/targets";
import { AssociateWithInstance, DisassociateOne } from "../network-interfaces/Addresses";
import { AttachInterface } from "../network-interfaces/AttachInterface";
import { ChangeCheck } from "../network-interfaces/ChangeCheck";
import { ChangeInterfaceGroups } from "../network-interfaces/ChangeInterfaceGroups";
import { DetachInterface } from "../network-interfaces/DetachInterface";
import { ofInstance } from "../network-interfaces/InterfaceChoice";
import { ManageAddresses } from "../network-interfaces/ManageAddresses";
import { isPrimary, leadingTo } from "../network-interfaces/model";
import type { Row } from "./model";

type Hindered = NonNullable<Action<Row>["hindered"]>;

const ATTACHABLE = ["running", "stopped"];

/** A terminated instance has no network interfaces any more. */
const present: Hindered = ([{ instance, state }], text) =>
  (instance.NetworkInterfaces ?? []).length === 0 ? text("settings.ended", { state }) : null;

const attachable: Hindered = ([{ state }], text) => (ATTACHABLE.includes(state) ? null : text("attachInterface.state", { state }));

const associable: Hindered = (items, text) => {
  const [{ state }] = items;
  return present(items, text) ?? (ASSOCIATED_IN.includes(state) ? null : text("associateEip.state", { state }));
};

const severalInterfaces: Hindered = (items, text) =>
  present(items, text) ?? ((items[0].instance.NetworkInterfaces ?? []).length > 1 ? null : text("detachInterface.primaryOnly"));

/** As far as the table tells: an address that is lent is of Amazon, an Elastic IP address of an account. */
const associated: Hindered = (items, text) => {
  const all = (items[0].instance.NetworkInterfaces ?? []).flatMap(({ PrivateIpAddresses = [] }) => PrivateIpAddresses);
  const isLed = all.some(({ Association }) => Association?.PublicIp !== undefined && Association.IpOwnerId !== "amazon");
  return present(items, text) ?? (isLed ? null : text("disassociateEip.none"));
};

export const NETWORKING: Action<Row>[] = [
  {
    id: "attachInterface",
    text: "action.attachInterface",
    hindered: attachable,
    dialog: ({ items: [instance], ...given }) => <AttachInterface instance={instance} {...given} />,
  },
  {
    id: "detachInterface",
    text: "action.detachInterface",
    hindered: severalInterfaces,
    dialog: ofInstance(DetachInterface, ({ eni }) => !isPrimary(eni)),
  },
  { id: "changeCheck", text: "action.changeCheckOfInstance", hindered: present, dialog: ofInstance(ChangeCheck) },
  { id: "changeGroups", text: "action.changeGroups", hindered: present, dialog: ofInstance(ChangeInterfaceGroups) },
  { id: "associateAddress", text: "action.associateElastic", hindered: associable, dialog: ofInstance(AssociateWithInstance) },
  {
    id: "disassociateAddress",
    text: "action.disassociateElastic",
    hindered: associated,
    dialog: ofInstance(DisassociateOne, ({ eni }) => leadingTo(eni).length > 0),
  },
  { id: "manageAddresses", text: "action.manageAddresses", hindered: present, dialog: ofInstance(ManageAddresses) },
];
