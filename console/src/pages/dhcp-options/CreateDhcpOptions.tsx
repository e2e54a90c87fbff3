/** Create a DHCP option set. */
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField, TextField } from "../../resource/fields";
import { NameAndTags } from "../../resource/NameAndTags";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { useText } from "../../texts/texts";
import { configurationsOf, KEYS, NOTHING } from "./model";

/** RFC 2132: broadcast, point-to-point, mixed, hybrid. */
const NODE_TYPES = ["1", "2", "4", "8"];

export function CreateDhcpOptions({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [tags, setTags] = useState(NO_TAGS);
  const [typed, setTyped] = useState(NOTHING);
  const configurations = configurationsOf(typed);
  return (
    <CallDialog
      region={region}
      title={text("action.createDhcpOptions")}
      action="CreateDhcpOptions"
      parameters={{ DhcpConfigurations: configurations, ...tagSpecifications("dhcp-options", tags) }}
      hindered={configurations?.length === 0 ? text("dhcp.nothing") : tags.valid ? null : text("tags.invalid")}
      done={({ DhcpOptions }) => text("dhcp.made", { options: DhcpOptions?.DhcpOptionsId ?? "" })}
      close={close}
    >
      {KEYS.map((key) =>
        key === "netbios-node-type" ? (
          <ChoiceField
            key={key}
            label={`dhcp.${key}`}
            value={typed[key]}
            onChange={(value) => setTyped({ ...typed, [key]: value })}
            options={[{ value: "", label: text("dhcp.unset") }, ...NODE_TYPES.map((value) => ({ value, label: value }))]}
          />
        ) : (
          <TextField
            key={key}
            label={`dhcp.${key}`}
            value={typed[key]}
            optional
            constraint={text(`dhcp.help.${key}`)}
            onChange={(value) => setTyped({ ...typed, [key]: value })}
          />
        ),
      )}
      <NameAndTags value={tags} onChange={setTags} />
    </CallDialog>
  );
}
