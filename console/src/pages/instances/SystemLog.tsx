/** An instance's system log: the end of what its guest wrote on the serial console. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useLayoutEffect, useMemo, useRef, type ReactNode } from "react";
import { decoded } from "../../api/base64";
import { call } from "../../api/call";
import { useListing, type Listing } from "../../api/listing";
import { inWords } from "../../shell/notices";
import { useMoment, useText } from "../../texts/texts";
import { consoleText } from "./consoleText";
import type { Row } from "./model";

interface Log {
  text: string;
  at: string | undefined;
}

function logOf(region: string, id: string): Listing<Log> {
  return {
    key: `${region}/instances/${id}/log`,
    tables: ["boots"],
    read: async () => {
      const { Output, Timestamp } = await call(region, "GetConsoleOutput", { InstanceId: id });
      return { text: consoleText(decoded(Output ?? "")), at: Timestamp };
    },
  };
}

export function SystemLog({ region, item: { id } }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: log, failure, again } = useListing(useMemo(() => logOf(region, id), [region, id]));
  const file = useFile(log?.text);
  const lines = useAtItsEnd(log?.text);
  const empty = log === undefined ? text("loading") : text("log.empty");
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={log && text("log.asOf", { at: moment(log.at) })}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="refresh" ariaLabel={text("refresh")} onClick={again} />
              <Button iconName="download" href={file} download={`${id}.log`} disabled={file === undefined}>
                {text("log.download")}
              </Button>
            </SpaceBetween>
          }
        >
          {text("tab.log")}
        </Header>
      }
    >
      {failure !== undefined && <Box color="text-status-error">{inWords(text, failure)}</Box>}
      {log === undefined || log.text === "" ? (
        failure === undefined && <Box>{empty}</Box>
      ) : (
        <pre ref={lines} className="system-log" tabIndex={0} role="region" aria-label={text("tab.log")}>
          {log.text}
        </pre>
      )}
    </Container>
  );
}

/** The address of a file with this text. */
function useFile(text: string | undefined): string | undefined {
  const file = useMemo(() => (text ? URL.createObjectURL(new Blob([text], { type: "text/plain" })) : undefined), [text]);
  useEffect(() => {
    if (file !== undefined) return () => URL.revokeObjectURL(file);
  }, [file]);
  return file;
}

/** What shows a text that grows: at its end, until the reader moves away from there. */
function useAtItsEnd(text: string | undefined): React.RefObject<HTMLPreElement | null> {
  const lines = useRef<HTMLPreElement>(null);
  const before = useRef(0); // how far one could scroll when the end was shown last
  useLayoutEffect(() => {
    const shown = lines.current;
    if (shown === null) return;
    if (shown.scrollTop >= before.current - 1) shown.scrollTop = shown.scrollHeight;
    before.current = shown.scrollHeight - shown.clientHeight;
  }, [text]);
  return lines;
}
