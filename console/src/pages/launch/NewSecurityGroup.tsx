/** The security group that a launch makes, and whom it admits. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import { ANY, type Grant } from "../security-groups/grant";
import { OpenToAll } from "../security-groups/Enforced";
import { admitsSsh } from "./admission";
import { wrongBlock } from "./hindrances";
import { permissions, type Form, type NewGroup, type Source } from "./launchModel";
import type { Editing } from "./Section";

export function NewSecurityGroup({ form, change }: Editing): ReactNode {
  const text = useText();
  const { newGroup } = form;
  const { name, description, ssh, http, https } = newGroup;
  const edit = (part: Partial<NewGroup>): void => change({ newGroup: { ...newGroup, ...part } });
  const admit = (source: Source): void => edit({ ssh: source });
  const sources = [
    { value: "anywhere", label: text("launch.anywhere"), description: "0.0.0.0/0" },
    { value: "block", label: text("launch.block") },
  ];
  return (
    <SpaceBetween size="m">
      <FormField label={text("group.name")} stretch>
        <Input value={name} onChange={({ detail }) => edit({ name: detail.value })} />
      </FormField>
      <FormField label={text("group.description")} stretch>
        <Input value={description} onChange={({ detail }) => edit({ description: detail.value })} />
      </FormField>
      <SpaceBetween size="xs">
        <Checkbox
          checked={ssh.from !== "nobody"}
          description={text("launch.sshHelp")}
          onChange={({ detail }) => admit({ from: detail.checked ? "anywhere" : "nobody" })}
        >
          {text("launch.ssh")}
        </Checkbox>
        {ssh.from !== "nobody" && (
          <FormField label={text("launch.sshFrom")}>
            <Select
              selectedOption={sources.find(({ value }) => value === ssh.from) ?? null}
              options={sources}
              onChange={({ detail }) =>
                admit(detail.selectedOption.value === "block" ? { from: "block", block: "127.0.0.1/32" } : { from: "anywhere" })
              }
            />
          </FormField>
        )}
        {ssh.from === "block" && (
          <FormField label={text("launch.blockLabel")} errorText={wrongBlock(text, form) ?? ""}>
            <Input value={ssh.block} onChange={({ detail }) => admit({ from: "block", block: detail.value })} />
          </FormField>
        )}
        <Checkbox checked={https} description={text("launch.httpsHelp")} onChange={({ detail }) => edit({ https: detail.checked })}>
          {text("launch.https")}
        </Checkbox>
        <Checkbox checked={http} description={text("launch.httpHelp")} onChange={({ detail }) => edit({ http: detail.checked })}>
          {text("launch.http")}
        </Checkbox>
      </SpaceBetween>
      <OpenToAll way="inbound" grants={grantsOf(form)} />
      {!admitsSsh(form, []) && <Alert type="warning">{text("launch.sshClosed")}</Alert>}
    </SpaceBetween>
  );
}

/** What the new group's rules grant, each for IPv4 addresses. */
function grantsOf(form: Form): Grant[] {
  return permissions(form).flatMap(({ IpProtocol = "", FromPort = ANY, ToPort = ANY, IpRanges = [] }) =>
    IpRanges.map(({ CidrIp = "" }) => ({ protocol: IpProtocol, from: FromPort, to: ToPort, kind: "ipv4" as const, source: CidrIp })),
  );
}
