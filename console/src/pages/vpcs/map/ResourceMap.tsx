/** The map of a VPC, and beneath it whether two ends reach each other. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../../api/listing";
import { useText } from "../../../texts/texts";
import { networkOf } from "../network";
import { MapPicture } from "./MapPicture";
import { ReachPanel } from "./ReachPanel";
import { stopOf, wayOf, type Shown } from "./reach";

export function ResourceMap({ region, id }: { region: string; id: string }): ReactNode {
  const text = useText();
  const { value: network } = useListing(useMemo(() => networkOf(region, id), [region, id]));
  const [shown, show] = useState<Shown>();
  const marked = useMemo(() => (shown && network ? wayOf(shown.reach, shown.question, network) : undefined), [shown, network]);
  const stoppedAt = shown && network ? stopOf(shown.reach, shown.question, network) : undefined;
  if (!network) return <Box padding="l">{text(network === undefined ? "loading" : "nothing.here")}</Box>;
  return (
    <SpaceBetween size="m">
      <Container
        header={
          <Header variant="h2" description={text("map.help")}>
            {text("map.title")}
          </Header>
        }
      >
        <MapPicture network={network} title={text("map.title")} region={region} {...(marked && { marked })} stoppedAt={stoppedAt} />
      </Container>
      <ReachPanel region={region} network={network} show={show} />
    </SpaceBetween>
  );
}
