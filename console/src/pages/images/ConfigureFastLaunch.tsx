/** Configure fast launch: says what is prepared, what it takes, and what becomes of instances. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Toggle from "@cloudscape-design/components/toggle";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { NumberField } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { fastLaunchOf, isOn } from "./fastLaunch";

const USUAL = "10";

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function ConfigureFastLaunch({ region, items: [image], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const id = image.ImageId ?? "";
  const { value: known } = useListing(useMemo(() => fastLaunchOf(region, id), [region, id]));
  const [chosen, choose] = useState<{ wanted?: boolean; most?: string }>({});
  const was = { wanted: known !== undefined && isOn(known), most: String(known?.image?.SnapshotConfiguration?.TargetResourceCount ?? USUAL) };
  const { wanted, most } = { ...was, ...chosen };
  const isNumber = /^[0-9]{1,6}$/.test(most);
  const enabling = { ImageId: id, SnapshotConfiguration: { TargetResourceCount: Number(most) } };
  const state = known?.image?.State ?? "";
  const failed = state.endsWith("failed");
  const isSame = wanted === was.wanted && (!wanted || (most === was.most && !failed));
  const asked = known !== undefined && !isSame && isNumber;
  const enables = useRefusal(region, "EnableFastLaunch", asked && wanted ? enabling : undefined, state);
  const disables = useRefusal(region, "DisableFastLaunch", asked && !wanted ? { ImageId: id } : undefined, state);
  const refusal = wanted ? enables : disables;
  const hindered = (): string | null => {
    if (known === undefined) return text("loading");
    if (!isNumber) return text("fastLaunch.mostWrong");
    if (isSame) return text("nothing.changed");
    return hinderedBy(text, refusal);
  };
  const act = async (): Promise<void> => {
    if (wanted) await call(region, "EnableFastLaunch", enabling);
    else await call(region, "DisableFastLaunch", { ImageId: id });
    say({ type: "success", content: text(wanted ? "fastLaunch.enabling" : "fastLaunch.disabling", { id }) });
  };
  const command = wanted ? asCli("EnableFastLaunch", enabling, region) : asCli("DisableFastLaunch", { ImageId: id }, region);
  return (
    <Dialog
      title={text("action.configureFastLaunch")}
      go={text("save")}
      hindered={hindered()}
      commands={isSame ? [] : [command]}
      act={act}
      close={close}
    >
      <FormField label={label(id, image.Name ?? "")}>
        <Toggle checked={wanted} disabled={known === undefined} onChange={({ detail }) => choose({ ...chosen, wanted: detail.checked })}>
          {text("fastLaunch.enable")}
        </Toggle>
      </FormField>
      {wanted && (
        <NumberField
          label="fastLaunch.most"
          description={text("fastLaunch.mostHelp")}
          value={most}
          onChange={(value) => choose({ ...chosen, most: value })}
        />
      )}
      {failed && <Alert type="error">{known?.image?.StateTransitionReason}</Alert>}
      <WouldBeRefused refusal={refusal} />
      <Alert type={wanted ? "info" : "warning"}>{text(wanted ? "fastLaunch.will" : "fastLaunch.willNot")}</Alert>
    </Dialog>
  );
}
