/** Manage AMI deprecation: from when on an image is deprecated, and what that does and does not do. */
import Alert from "@cloudscape-design/components/alert";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TimeInput from "@cloudscape-design/components/time-input";
import Toggle from "@cloudscape-design/components/toggle";
import { useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import type { Image } from "../../api/types";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{2}:\d{2}$/;

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function ManageDeprecation({ region, items: [image], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const id = image.ImageId ?? "";
  const before = image.DeprecationTime;
  const [chosen, choose] = useState<{ wanted?: boolean; date?: string; time?: string }>({});
  const [dateBefore, timeBefore] = [before?.slice(0, 10) ?? "", before?.slice(11, 16) ?? "00:00"];
  const { wanted, date, time } = { wanted: before !== undefined, date: dateBefore, time: timeBefore, ...chosen };
  const isWhole = DATE.test(date) && TIME.test(time);
  const enabling = { ImageId: id, DeprecateAt: `${date}T${time}:00Z` };
  const isSame = wanted ? before?.slice(0, 16) === `${date}T${time}` : before === undefined;
  const refusal = useRefusal(region, "EnableImageDeprecation", wanted && isWhole && !isSame ? enabling : undefined);
  const act = async (): Promise<void> => {
    if (wanted) await call(region, "EnableImageDeprecation", enabling);
    else await call(region, "DisableImageDeprecation", { ImageId: id });
    say({ type: "success", content: text(wanted ? "deprecation.on" : "deprecation.off", { id, at: `${date} ${time}` }) });
  };
  const hindered = (): string | null => {
    if (wanted && !isWhole) return text("deprecation.chooseDate");
    if (isSame) return text("nothing.changed");
    if (!wanted) return null;
    return hinderedBy(text, refusal);
  };
  const command = wanted
    ? asCli("EnableImageDeprecation", enabling, region)
    : asCli("DisableImageDeprecation", { ImageId: id }, region);
  return (
    <Dialog
      title={text("action.manageDeprecation")}
      go={text("save")}
      hindered={hindered()}
      commands={wanted && !isWhole ? [] : [command]}
      act={act}
      close={close}
    >
      <FormField label={label(id, image.Name ?? "")}>
        <Toggle checked={wanted} onChange={({ detail }) => choose({ ...chosen, wanted: detail.checked })}>
          {text("deprecation.enable")}
        </Toggle>
      </FormField>
      {wanted && (
        <SpaceBetween direction="horizontal" size="s">
          <FormField label={text("deprecation.date")} constraintText={text("deprecation.dateHelp")}>
            <DatePicker
              value={date}
              onChange={({ detail }) => choose({ ...chosen, date: detail.value })}
              placeholder="YYYY/MM/DD"
              openCalendarAriaLabel={() => text("deprecation.calendar")}
            />
          </FormField>
          <FormField label={text("deprecation.time")} constraintText={text("deprecation.timeHelp")}>
            <TimeInput value={time} format="hh:mm" placeholder="hh:mm" onChange={({ detail }) => choose({ ...chosen, time: detail.value })} />
          </FormField>
        </SpaceBetween>
      )}
      <WouldBeRefused refusal={refusal} />
      <Alert type="info">{text(wanted ? "deprecation.will" : "deprecation.willNot")}</Alert>
    </Dialog>
  );
}
