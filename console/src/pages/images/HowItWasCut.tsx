/** How an image was cut and what proves it: a picture of its instance's boots around the cut, and plain sentences. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { inWords } from "../../shell/notices";
import { at } from "../../shell/place";
import { useClock, useMoment, useText } from "../../texts/texts";
import { historyOf } from "../instances/evidence";
import { TimelinePicture } from "../instances/TimelinePicture";
import { isMoving } from "../instances/timelineModel";
import { useNow } from "../instances/useNow";
import { aroundCut } from "./cutModel";
import { BootedFromIt, CutSnapshots } from "./CutTables";
import { headline, sentences } from "./cutWords";
import { howCut, type HowCut } from "./model";

interface Properties {
  region: string;
  item: Image;
}

export function HowItWasCut({ region, item: image }: Properties): ReactNode {
  const text = useText();
  const id = image.ImageId ?? "";
  const { value: how, failure } = useListing(useMemo(() => howCut(region, id), [region, id]));
  if (failure !== undefined) return <Box>{inWords(text, failure)}</Box>;
  if (how === undefined) return <Box>{text("loading")}</Box>;
  const source = image.SourceInstanceId;
  return (
    <SpaceBetween size="l">
      {source === undefined ? (
        <Answer image={image} how={how} around={null} />
      ) : (
        <OfInstance region={region} image={image} how={how} source={source} />
      )}
      <CutSnapshots region={region} how={how} />
      <BootedFromIt region={region} how={how} />
    </SpaceBetween>
  );
}

interface OfInstanceGiven {
  region: string;
  image: Image;
  how: HowCut;
  source: string;
}

/** An image of an instance, with that instance's boots as far as they are known. */
function OfInstance({ region, image, how, source }: OfInstanceGiven): ReactNode {
  const text = useText();
  const { value: history, failure } = useListing(useMemo(() => historyOf(region, source), [region, source]));
  const last = history?.boots.at(-1);
  const now = useNow(image.State === "pending" || (last !== undefined && isMoving(last)));
  const around = useMemo(() => aroundCut(history?.boots ?? [], how, now, history?.hibernations), [history, how, now]);
  const isUnknown = around === null && (history !== undefined || failure !== undefined);
  return (
    <Answer image={image} how={how} around={around} timeline={at(region, "instances", source, "timeline")}>
      {around && (
        <TimelinePicture
          boots={around.boots}
          moves={history?.moves ?? []}
          hibernations={history?.hibernations ?? []}
          now={around.until}
          mark={{ at: around.cutAt, text: text("cut.mark") }}
        />
      )}
      {isUnknown && <Alert type="info">{text("cut.noBoots", { source })}</Alert>}
    </Answer>
  );
}

interface AnswerGiven {
  image: Image;
  how: HowCut;
  around: ReturnType<typeof aroundCut>;
  /** Where its source instance's whole timeline is. */
  timeline?: string;
  children?: ReactNode;
}

/** The answer in a line, as a picture, and in sentences. */
function Answer({ image, how, around, timeline, children }: AnswerGiven): ReactNode {
  const text = useText();
  const moments = { moment: useMoment(), clock: useClock() };
  const { type, key } = headline(image.State ?? "", how);
  const whole = around && timeline && <Link href={timeline}>{text("cut.timelineOf", { source: image.SourceInstanceId ?? "" })}</Link>;
  return (
    <Container header={<Header variant="h2" actions={whole}>{text("tab.cut")}</Header>}>
      <SpaceBetween size="m">
        <Box fontWeight="bold">
          <StatusIndicator type={type}>{text(key)}</StatusIndicator>
        </Box>
        {children}
        <SpaceBetween size="xxs">
          {sentences(text, moments, image, how, around).map((sentence) => (
            <Box key={sentence} variant="p">
              {sentence}
            </Box>
          ))}
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  );
}
