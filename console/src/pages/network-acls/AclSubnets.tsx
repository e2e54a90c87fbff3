/** The subnets that have a network ACL. */
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useState, type ReactNode } from "react";
import { nameTag } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { EditAssociations } from "./EditAssociations";
import { subnetsWith, type AclRow } from "./model";

export function AclSubnets({ region, item: row }: { region: string; item: AclRow }): ReactNode {
  const text = useText();
  const [isEdited, setEdited] = useState(false);
  const subnets = subnetsWith(row);
  return (
    <>
      <Table
        variant="container"
        header={
          <Header
            variant="h2"
            counter={`(${subnets.length})`}
            actions={<Button onClick={() => setEdited(true)}>{text("action.editAclSubnets")}</Button>}
          >
            {text("acl.subnets")}
          </Header>
        }
        items={subnets}
        empty={text("acl.noSubnets")}
        ariaLabels={{ tableLabel: text("acl.subnets") }}
        columnDefinitions={[
          {
            id: "id",
            header: text("instance.subnet"),
            cell: (one) => <IdLink region={region} id={one.id} name={nameTag(one.subnet.Tags)} />,
            isRowHeader: true,
          },
          { id: "association", header: text("eip.associationId"), cell: ({ associationId }) => associationId },
          { id: "zone", header: text("instance.zone"), cell: ({ subnet }) => subnet.AvailabilityZone },
          { id: "block", header: text("acl.block"), cell: ({ subnet }) => subnet.CidrBlock },
        ]}
      />
      {isEdited && <EditAssociations region={region} items={[row]} close={() => setEdited(false)} />}
    </>
  );
}
