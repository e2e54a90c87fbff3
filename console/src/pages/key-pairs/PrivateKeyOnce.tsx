/** The private half of a key pair that was just made: it is saved as a file, and said that it cannot be had again. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState, type ReactNode } from "react";
import { Copyable } from "../../shell/Cli";
import { useText } from "../../texts/texts";
import type { NewKeyPair } from "./model";

export function PrivateKeyOnce({ made, close }: { made: NewKeyPair; close: () => void }): ReactNode {
  const text = useText();
  const file = fileNameOf(made);
  const [address] = useState(() => URL.createObjectURL(new Blob([made.privateKey], { type: "application/octet-stream" })));
  useEffect(() => {
    save(address, file);
    return () => URL.revokeObjectURL(address);
  }, [address, file]);
  return (
    <Modal
      visible
      header={text("keyPair.created", { name: made.name })}
      onDismiss={close}
      closeAriaLabel={text("close")}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="download" onClick={() => save(address, file)}>
              {text("keyPair.saveAgain")}
            </Button>
            <Button variant="primary" onClick={close}>
              {text("close")}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning" header={text("keyPair.once")}>
          {text("keyPair.onceWhy", { file })}
        </Alert>
        {made.format === "pem" && (
          <div>
            <Box>{text("keyPair.chmod")}</Box>
            <Copyable value={`chmod 400 ${file}`} />
          </div>
        )}
      </SpaceBetween>
    </Modal>
  );
}

/** A name that every file system and every shell takes as it is. */
export function fileNameOf({ name, format }: Pick<NewKeyPair, "name" | "format">): string {
  return `${name.replace(/[^\w.@+-]+/g, "_").replace(/^[-.]/, "_")}.${format}`;
}

/** Let the browser save what is at an address as a file. */
function save(address: string, file: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = file;
  link.click();
}
