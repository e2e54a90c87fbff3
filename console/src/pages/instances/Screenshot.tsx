/** What an instance's display shows, again and again while somebody looks. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useEffect, useMemo, type ReactNode } from "react";
import { call } from "../../api/call";
import { useListing, type Listing } from "../../api/listing";
import { inWords } from "../../shell/notices";
import { useMoment, useText } from "../../texts/texts";
import type { Row } from "./model";

export const EVERY = 3000; // ms

interface Picture {
  data: string;
  at: Date;
}

function pictureOf(region: string, id: string): Listing<Picture> {
  return {
    key: `${region}/instances/${id}/screenshot`,
    tables: ["instances"],
    read: async () => {
      const { ImageData } = await call(region, "GetConsoleScreenshot", { InstanceId: id });
      return { data: ImageData ?? "", at: new Date() };
    },
  };
}

export function Screenshot({ region, item: { id } }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: picture, failure, again } = useListing(useMemo(() => pictureOf(region, id), [region, id]));
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") again();
    }, EVERY);
    return () => clearInterval(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what reads again is what the listing's key says
  }, [region, id]);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={text("screenshot.every", { seconds: EVERY / 1000 })}
          actions={<Button iconName="refresh" ariaLabel={text("refresh")} onClick={again} />}
        >
          {text("screenshot.title")}
        </Header>
      }
    >
      {failure !== undefined && <Box color="text-status-error">{inWords(text, failure)}</Box>}
      {failure === undefined && picture === undefined && <Box>{text("loading")}</Box>}
      {failure === undefined && picture !== undefined && (
        <img className="screenshot" src={`data:image/jpeg;base64,${picture.data}`} alt={text("screenshot.of", { id, at: moment(picture.at) })} />
      )}
    </Container>
  );
}
