/** The menus above instances, and the dialogs that they open. What cannot be chosen says why. */
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import { at, go, serialConsoleAt } from "../../shell/place";
import { useText } from "../../texts/texts";
import { ChangeProtection } from "./ChangeProtection";
import { ChangeState, type Change } from "./ChangeState";
import { CreateImage } from "./CreateImage";
import type { Row } from "./model";

type Dialog = Change | "createImage" | "stopProtection" | "terminationProtection";

const TABS: Record<string, string> = { view: "", log: "log", screenshot: "screenshot" };

export function InstanceActions({ region, selected }: { region: string; selected: Row[] }): ReactNode {
  const text = useText();
  const [open, setOpen] = useState<{ dialog: Dialog; ids: string[] }>();
  const none = selected.length === 0 && { disabled: true, disabledReason: text("actions.chooseFirst") };
  const notOne = selected.length !== 1 && { disabled: true, disabledReason: text("actions.chooseOne") };
  const serial = { href: serialConsoleAt(region, selected[0]?.id ?? ""), external: true, externalIconAriaLabel: text("newTab") };
  const choose = ({ detail }: { detail: ButtonDropdownProps.ItemClickDetails }): void => {
    const tab = TABS[detail.id];
    if (tab !== undefined) go(at(region, "instances", selected[0]!.id, tab));
    else if (detail.id === "serial") return; // a link: the browser follows it
    else setOpen({ dialog: detail.id as Dialog, ids: selected.map((row) => row.id) });
  };
  const rows = selected.filter((row) => open?.ids.includes(row.id)); // as they are now, while the dialog is open
  const first = rows[0];
  const close = (): void => setOpen(undefined);
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <ButtonDropdown
        onItemClick={choose}
        items={[
          { id: "stop", text: text("action.stop"), ...none },
          { id: "start", text: text("action.start"), ...none },
          { id: "reboot", text: text("action.reboot"), ...none },
          { id: "terminate", text: text("action.terminate"), ...none },
        ]}
      >
        {text("instance.state")}
      </ButtonDropdown>
      <ButtonDropdown
        expandableGroups
        onItemClick={choose}
        items={[
          { id: "view", text: text("action.viewDetails"), ...notOne },
          {
            id: "settings",
            text: text("action.instanceSettings"),
            items: [
              { id: "stopProtection", text: text("action.changeStopProtection"), ...notOne },
              { id: "terminationProtection", text: text("action.changeTerminationProtection"), ...notOne },
            ],
          },
          {
            id: "images",
            text: text("action.imageAndTemplates"),
            items: [{ id: "createImage", text: text("action.createImage"), ...notOne }],
          },
          {
            id: "monitor",
            text: text("action.monitor"),
            items: [
              { id: "log", text: text("action.systemLog"), ...notOne },
              { id: "screenshot", text: text("action.screenshot"), ...notOne },
              { id: "serial", text: text("action.serialConsole"), ...serial, ...notOne },
            ],
          },
        ]}
      >
        {text("actions")}
      </ButtonDropdown>
      {open && first && open.dialog === "createImage" && <CreateImage region={region} row={first} close={close} />}
      {open && first && open.dialog === "stopProtection" && (
        <ChangeProtection region={region} row={first} of="stop" close={close} />
      )}
      {open && first && open.dialog === "terminationProtection" && (
        <ChangeProtection region={region} row={first} of="termination" close={close} />
      )}
      {open && first && isChange(open.dialog) && (
        <ChangeState region={region} rows={rows} change={open.dialog} close={close} />
      )}
    </SpaceBetween>
  );
}

function isChange(dialog: Dialog): dialog is Change {
  return ["start", "stop", "reboot", "terminate"].includes(dialog);
}
