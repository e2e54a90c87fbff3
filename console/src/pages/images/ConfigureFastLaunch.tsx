/** Configure fast launch: says what is prepared, what instances have then, and what ends with it. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import { NumberField } from "../../resource/fields";
import { label, type Chosen } from "../../resource/resource";
import { spoken } from "../../resource/State";
import { useText } from "../../texts/texts";
import { disabling, enabling, fastLaunchOf, hasFailed, isSame, settingsOf, type Settings } from "./fastLaunch";
import { launchedFrom, whatGoesOn } from "./model";

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function ConfigureFastLaunch({ region, items: [image], close }: Properties): ReactNode {
  const text = useText();
  const id = image.ImageId ?? "";
  const { value: found } = useListing(useMemo(() => fastLaunchOf(region, id), [region, id]));
  const [edited, setEdited] = useState<Partial<Settings>>({});
  const now = found?.fastLaunch;
  const wanted = { ...settingsOf(now), ...edited };
  const edit = (part: Partial<Settings>): void => setEdited({ ...edited, ...part });
  const asked = enabling(id, wanted);
  const missing = wanted.enabled && asked === undefined ? text("fastLaunch.numberWrong") : isSame(now, wanted) ? text("nothing.changed") : null;
  const given = {
    ...{ region, close },
    title: text("action.configureFastLaunch"),
    go: text("save"),
    hindered: found === undefined ? text("loading") : missing,
    state: `${image.State} ${now?.State}`,
    done: ({ State = "" }: { State?: string }) => text("fastLaunch.changed", { id, state: spoken(State) }),
  };
  const form = (
    <SpaceBetween size="l">
      <FormField
        label={label(id, image.Name ?? "")}
        description={text("fastLaunch.is", { state: spoken(now?.State ?? "disabled") })}
      >
        <Toggle checked={wanted.enabled} onChange={({ detail }) => edit({ enabled: detail.checked })}>
          {text("fastLaunch.enable")}
        </Toggle>
      </FormField>
      {now !== undefined && hasFailed(now) && (
        <Alert type="error" header={spoken(now.State ?? "")}>
          {now.StateTransitionReason}
        </Alert>
      )}
      {wanted.enabled && <Enabled settings={wanted} edit={edit} />}
      {!wanted.enabled && now !== undefined && <Disabled region={region} image={image} settings={wanted} edit={edit} />}
    </SpaceBetween>
  );
  if (wanted.enabled) return <CallDialog {...given} action="EnableFastLaunch" parameters={asked}>{form}</CallDialog>;
  return <CallDialog {...given} action="DisableFastLaunch" parameters={disabling(id, wanted)}>{form}</CallDialog>;
}

interface Editing {
  settings: Settings;
  edit: (part: Partial<Settings>) => void;
}

/** The numbers that EC2 takes, and what enabling it comes to. */
function Enabled({ settings, edit }: Editing): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="l">
      <NumberField
        label="fastLaunch.target"
        value={settings.target}
        onChange={(target) => edit({ target })}
        description={text("fastLaunch.targetHelp")}
        constraint={text("fastLaunch.targetLeast")}
      />
      <NumberField
        label="fastLaunch.parallel"
        value={settings.parallel}
        onChange={(parallel) => edit({ parallel })}
        description={text("fastLaunch.parallelHelp")}
        constraint={text("fastLaunch.parallelLeast")}
      />
      <Alert type="info">
        {(["fastLaunch.willPrepare", "fastLaunch.willGoOn", "fastLaunch.willBeVirtio", "fastLaunch.willTake"] as const).map((key) => (
          <div key={key}>{text(key)}</div>
        ))}
      </Alert>
    </SpaceBetween>
  );
}

function Disabled({ region, image, settings, edit }: Editing & { region: string; image: Image }): ReactNode {
  const text = useText();
  const { value: launched } = useListing(useMemo(() => launchedFrom(region), [region]));
  return (
    <SpaceBetween size="l">
      <Checkbox checked={settings.force} description={text("fastLaunch.forceHelp")} onChange={({ detail }) => edit({ force: detail.checked })}>
        {text("fastLaunch.force")}
      </Checkbox>
      <Alert type="warning">
        {text("fastLaunch.willEnd")} {launched !== undefined && whatGoesOn(text, launched, image)}
      </Alert>
    </SpaceBetween>
  );
}
