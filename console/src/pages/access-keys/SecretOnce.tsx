/** A new access key with its secret, which cannot be had again. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { Copyable } from "../../shell/Cli";
import { useText } from "../../texts/texts";

export interface NewAccessKey {
  user: string;
  id: string;
  secret: string;
}

export function SecretOnce({ made, close }: { made: NewAccessKey; close: () => void }): ReactNode {
  const text = useText();
  return (
    <Modal
      visible
      header={text("accessKey.created", { user: made.user })}
      onDismiss={close}
      closeAriaLabel={text("close")}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={close}>
            {text("close")}
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning" header={text("accessKey.once")}>
          {text("accessKey.onceWhy")}
        </Alert>
        <Copyable value={`export AWS_ACCESS_KEY_ID=${made.id}`} />
        <Copyable value={`export AWS_SECRET_ACCESS_KEY=${made.secret}`} />
      </SpaceBetween>
    </Modal>
  );
}
