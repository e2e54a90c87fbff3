/** Manage AMI deregistration protection: says what it refuses, and from when on it would not. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Toggle from "@cloudscape-design/components/toggle";
import { useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import type { Image } from "../../api/types";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText, type TextKey } from "../../texts/texts";

const WITH_COOLDOWN = "enabled-with-cooldown";

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function ManageProtection({ region, items: [image], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const id = image.ImageId ?? "";
  const before = image.DeregistrationProtection ?? "disabled";
  const [chosen, choose] = useState<{ wanted?: boolean; cooldown?: boolean }>({});
  const { wanted, cooldown } = { wanted: before.startsWith("enabled"), cooldown: before === WITH_COOLDOWN, ...chosen };
  const after = wanted ? (cooldown ? WITH_COOLDOWN : "enabled-without-cooldown") : "disabled";
  const enabling = { ImageId: id, ...(cooldown && { WithCooldown: true }) };
  const isSame = after === before || (!wanted && before.startsWith("disabled"));
  const act = async (): Promise<void> => {
    if (wanted) await call(region, "EnableImageDeregistrationProtection", enabling);
    else await call(region, "DisableImageDeregistrationProtection", { ImageId: id });
    say({ type: "success", content: text("deregistration.changed", { id, value: after }) });
  };
  const command = wanted
    ? asCli("EnableImageDeregistrationProtection", enabling, region)
    : asCli("DisableImageDeregistrationProtection", { ImageId: id }, region);
  return (
    <Dialog
      title={text("action.manageProtection")}
      go={text("save")}
      hindered={isSame ? text("nothing.changed") : null}
      commands={[command]}
      act={act}
      close={close}
    >
      <FormField label={label(id, image.Name ?? "")} description={text("deregistration.is", { value: before })}>
        <Toggle checked={wanted} onChange={({ detail }) => choose({ ...chosen, wanted: detail.checked })}>
          {text("deregistration.enable")}
        </Toggle>
      </FormField>
      {wanted && (
        <Checkbox
          checked={cooldown}
          description={text("deregistration.cooldownHelp")}
          onChange={({ detail }) => choose({ ...chosen, cooldown: detail.checked })}
        >
          {text("deregistration.cooldown")}
        </Checkbox>
      )}
      <Alert type={wanted ? "info" : "warning"}>{text(consequence(before, after))}</Alert>
    </Dialog>
  );
}

/** What this change comes to. */
function consequence(before: string, after: string): TextKey {
  if (after !== "disabled") return "deregistration.will";
  if (before === WITH_COOLDOWN) return "deregistration.willCoolDown";
  return before.startsWith("disabled after") ? "deregistration.coolsDown" : "deregistration.willNot";
}
