/** What becomes of the address that is associated, of what it led to, and of what it displaces. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import { isAssociated, whereTo, type AddressRow } from "./model";
import { displacedBy, type Target } from "./targets";

export function Displaced({ address: row, target, privateIp }: { address: AddressRow; target: Target; privateIp: string }): ReactNode {
  const text = useText();
  const { PublicIp: elastic = "", NetworkInterfaceId, PrivateIpAddress } = row.address;
  const isSame = NetworkInterfaceId === target.row.id && PrivateIpAddress === privateIp;
  const displaced = displacedBy(elastic, target.row.eni, privateIp);
  if (isSame) return <Alert type="info">{text("associateEip.same")}</Alert>;
  return (
    <SpaceBetween size="xs">
      <Alert type="info">{text("associateEip.will", { elastic, address: privateIp, of: target.label })}</Alert>
      {isAssociated(row) && <Alert type="warning">{text("associateEip.taken", { elastic, ...whereTo(row) })}</Alert>}
      {displaced && (
        <Alert type="warning">
          {text(displaced.isLent ? "associateEip.lent" : "associateEip.displaces", { address: displaced.publicIp })}
        </Alert>
      )}
    </SpaceBetween>
  );
}
