/** A dialog that does one thing: what it will do, the commands that do the same, a refusal in EC2's words. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import { useText } from "../texts/texts";
import { ShowAsCli } from "./Cli";
import { inWords } from "./notices";

interface Properties {
  title: string;
  go: string;
  /** Why it cannot be done now; null where it can. */
  hindered?: string | null;
  commands: string[];
  /** Do it. The dialog closes when this returns, unless with false, and shows what it throws. */
  act: () => Promise<void | false>;
  close: () => void;
  size?: "medium" | "large" | "max";
  children: ReactNode;
}

export function Dialog({ title, go, hindered = null, commands, act, close, size = "medium", children }: Properties): ReactNode {
  const text = useText();
  const [acting, setActing] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const run = async (): Promise<void> => {
    setActing(true);
    setFailure(undefined);
    try {
      if ((await act()) === false) setActing(false);
      else close();
    } catch (failed) {
      setFailure(failed as Error);
      setActing(false);
    }
  };
  return (
    <Modal
      visible
      header={title}
      size={size}
      onDismiss={close}
      closeAriaLabel={text("close")}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {text("cancel")}
            </Button>
            <Button
              variant="primary"
              loading={acting}
              disabled={hindered !== null}
              {...(hindered !== null && { disabledReason: hindered })}
              onClick={() => void run()}
            >
              {go}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        {children}
        {commands.length > 0 && <ShowAsCli commands={commands} />}
        {failure && (
          <Alert type="error" header={text("failed.title", { action: title })}>
            {inWords(text, failure)}
          </Alert>
        )}
      </SpaceBetween>
    </Modal>
  );
}
