/** What Kumoniwa's network does with rules today, and what they would do on EC2 where that is more. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import type { Network } from "./effect";
import { isForAll, opensSsh, type Direction, type Grant } from "./grant";
import { ABOUT } from "./model";

/** Whether there are guests behind open ports: with simulated guests there are none. Undefined until it is known. */
export function useAnswers(): boolean | undefined {
  const { value } = useListing(ABOUT);
  return value && value.driver !== "simulated";
}

/** What carries packets between guests that start now; undefined until it is known. */
export function useNetwork(): Network | undefined {
  const { value } = useListing(ABOUT);
  return value && (value.driver === "simulated" ? "simulated" : value.network);
}

const SAID = {
  vpc: { inbound: "enforced.vpc", outbound: "enforced.vpc" },
  user: { inbound: "enforced.inbound", outbound: "enforced.outbound" },
  simulated: { inbound: "enforced.simulated", outbound: "enforced.simulated" },
} as const;

/** `isSecond`: the same was said of the other way above, and is not said twice where it is the same. */
export function Enforced({ way, isSecond = false }: { way: Direction; isSecond?: boolean }): ReactNode {
  const text = useText();
  const network = useNetwork();
  if (network === undefined || (isSecond && SAID[network].inbound === SAID[network].outbound)) return null;
  return <Alert header={text("enforced.title")}>{text(SAID[network][way])}</Alert>;
}

/** Inbound rules that let every address in. */
export function OpenToAll({ grants, way }: { grants: readonly Grant[]; way: Direction }): ReactNode {
  const text = useText();
  if (way === "outbound" || !grants.some(isForAll)) return null;
  if (!grants.some(opensSsh)) return <Alert type="warning">{text("openToAll")}</Alert>;
  return (
    <Alert type="warning" header={text("openToAll.sshTitle")}>
      {text("openToAll.ssh")}
    </Alert>
  );
}
