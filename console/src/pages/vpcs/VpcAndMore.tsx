/** "VPC and more": subnets in several zones, gateways and routes, made call by call. */
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ChoiceField, TextField } from "../../resource/fields";
import { useText, type TextKey } from "../../texts/texts";
import { zonesOf } from "../volumes/model";
import { isSized, ipv4BlockOf } from "./blocks";
import { ChainDialog } from "./ChainDialog";
import { MapPicture } from "./map/MapPicture";
import { partsOf, USUAL, type Form, type Nat } from "./parts";
import { previewOf } from "./preview";
import { linksOf } from "./vpcAndMore";
import type { Properties } from "./VpcOnly";

const MOST_ZONES = 3;
const NATS: readonly Nat[] = ["none", "one", "each"];

export function VpcAndMore({ region, choice, close }: Properties): ReactNode {
  const text = useText();
  const { value: zones } = useListing(useMemo(() => zonesOf(region), [region]));
  const [form, setForm] = useState<Form>(USUAL);
  const change = (more: Partial<Form>): void => setForm((before) => ({ ...before, ...more }));
  const parts = useMemo(() => partsOf(form, zones ?? []), [form, zones]);
  const links = useMemo(() => (parts === null ? [] : linksOf(text, form, parts)), [text, form, parts]);
  const preview = useMemo(() => previewOf(links), [links]);
  const hindered =
    zones === undefined
      ? text("loading")
      : !isSized(ipv4BlockOf(form.block))
        ? text("createVpc.notBlock")
        : parts === null
          ? text("createVpc.noRoom")
          : form.hostnames && !form.resolution
            ? text("vpcSettings.noNames")
            : null;
  const count = (label: TextKey, value: number, options: readonly number[], shown: (one: number) => string, set: (one: number) => void) => (
    <FormField label={text(label)}>
      <SegmentedControl
        label={text(label)}
        selectedId={String(value)}
        options={options.map((one) => ({ id: String(one), text: shown(one) }))}
        onChange={({ detail }) => set(Number(detail.selectedId))}
      />
    </FormField>
  );
  const perZone = (one: number): string => String(one * form.zones);
  return (
    <ChainDialog
      region={region}
      title={text("action.createVpc")}
      links={links}
      hindered={hindered}
      done={(made) => text("createVpc.moreDone", { vpc: made.get("VPC") ?? "", count: made.size - 1 })}
      stays
      close={close}
    >
      {choice}
      <ColumnLayout columns={2}>
        <TextField
          label="createVpc.project"
          value={form.project}
          optional
          description={text("createVpc.projectHelp")}
          onChange={(project) => change({ project })}
        />
        <TextField label="vpc.ipv4" value={form.block} constraint={text("createVpc.blockHelp")} onChange={(block) => change({ block: block.trim() })} />
        {count("createVpc.zones", form.zones, Array.from({ length: Math.min(MOST_ZONES, zones?.length ?? 1) }, (_, index) => index + 1), String, (one) =>
          change({ zones: one }),
        )}
        {count("createVpc.publics", form.publics, [0, 1], perZone, (one) =>
          change({ publics: one as Form["publics"], ...(one === 0 && { nat: "none" as const }) }),
        )}
        {count("createVpc.privates", form.privates, [0, 1, 2], perZone, (one) => change({ privates: one as Form["privates"] }))}
        <ChoiceField
          label="createVpc.nat"
          value={form.nat}
          description={text(form.publics === 0 ? "createVpc.natNeedsPublic" : "createVpc.natHelp")}
          onChange={(nat) => change({ nat: form.publics === 0 ? "none" : (nat as Nat) })}
          options={NATS.map((value) => ({
            value,
            label: text(`createVpc.nat.${value}`),
            disabled: value !== "none" && form.publics === 0,
          }))}
        />
        <ChoiceField
          label="vpc.tenancy"
          value={form.tenancy}
          description={text("createVpc.tenancyHelp")}
          onChange={(tenancy) => change({ tenancy: tenancy as Form["tenancy"] })}
          options={["default", "dedicated"].map((value) => ({ value, label: value }))}
        />
        <FormField label={text("vpcSettings.dns")}>
          <SpaceBetween size="xs">
            <Checkbox checked={form.hostnames} onChange={({ detail }) => change({ hostnames: detail.checked })}>
              {text("vpc.hostnames")}
            </Checkbox>
            <Checkbox checked={form.resolution} onChange={({ detail }) => change({ resolution: detail.checked })}>
              {text("vpc.resolution")}
            </Checkbox>
          </SpaceBetween>
        </FormField>
      </ColumnLayout>
      {links.length > 0 && <MapPicture network={preview} title={text("createVpc.preview")} />}
    </ChainDialog>
  );
}
