/** Deactivate, activate and delete access keys of users: says what that means for whoever signs with them. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import { asCli } from "../../api/cli";
import { iam } from "../../api/iam";
import { label } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText, type TextKey } from "../../texts/texts";
import type { AccessKey } from "./model";

interface Properties {
  region: string;
  items: readonly AccessKey[];
  close: () => void;
}

interface Change {
  what: TextKey;
  will: TextKey;
  /** What is asked of IAM for one of them, named and with parameters. */
  asked: (key: { UserName: string; AccessKeyId: string }) => Asked;
}

type Asked =
  | { action: "DeleteAccessKey"; parameters: { UserName: string; AccessKeyId: string } }
  | { action: "UpdateAccessKey"; parameters: { UserName: string; AccessKeyId: string; Status: "Active" | "Inactive" } };

export function DeleteKeys(given: Properties): ReactNode {
  const asked = (key: Asked["parameters"]): Asked => ({ action: "DeleteAccessKey", parameters: key });
  return <ChangeKeys {...given} change={{ what: "accessKey.delete", will: "accessKey.willDelete", asked }} />;
}

export function DeactivateKeys(given: Properties): ReactNode {
  const asked = (key: Asked["parameters"]): Asked => ({ action: "UpdateAccessKey", parameters: { ...key, Status: "Inactive" } });
  return <ChangeKeys {...given} change={{ what: "accessKey.deactivate", will: "accessKey.willDeactivate", asked }} />;
}

export function ActivateKeys(given: Properties): ReactNode {
  const asked = (key: Asked["parameters"]): Asked => ({ action: "UpdateAccessKey", parameters: { ...key, Status: "Active" } });
  return <ChangeKeys {...given} change={{ what: "accessKey.activate", will: "accessKey.willActivate", asked }} />;
}

function ChangeKeys({ region, items, change, close }: Properties & { change: Change }): ReactNode {
  const text = useText();
  const say = useSay();
  const asked = items.map(({ id, user = "" }) => change.asked({ UserName: user, AccessKeyId: id }));
  const names = items.map(({ id, user = "" }) => label(id, user)).join(", ");
  const act = async (): Promise<void> => {
    for (const { action, parameters } of asked) await iam(region, action, parameters as never);
    say({ type: "success", content: text("result.done", { action: text(change.what), count: items.length, of: items.length, names }) });
  };
  return (
    <Dialog
      title={text(change.what)}
      go={text(change.what)}
      commands={asked.map(({ action, parameters }) => asCli(action, parameters, region, "iam"))}
      act={act}
      close={close}
      size="large"
    >
      <SpaceBetween size="s">
        {items.map(({ id, user = "" }) => (
          <StatusIndicator key={id} type={change.will === "accessKey.willActivate" ? "info" : "warning"}>
            {text(change.will, { key: label(id, user) })}
          </StatusIndicator>
        ))}
      </SpaceBetween>
    </Dialog>
  );
}
