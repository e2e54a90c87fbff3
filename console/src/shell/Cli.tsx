/** Calls shown as commands, to be copied. */
import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useText } from "../texts/texts";

/** A command that the reader may copy. */
export function Copyable({ value }: { value: string }): ReactNode {
  const text = useText();
  return (
    <Box variant="code">
      <span className="command">
        <CopyToClipboard
          variant="inline"
          textToCopy={value}
          copyButtonAriaLabel={text("copy")}
          copySuccessText={text("copied")}
          copyErrorText={text("copyFailed")}
        />
      </span>
    </Box>
  );
}

/** What a dialog is about to do, as commands of the AWS CLI. */
export function ShowAsCli({ commands }: { commands: string[] }): ReactNode {
  const text = useText();
  return (
    <ExpandableSection headerText={text("showAsCli")}>
      <SpaceBetween size="xs">
        {commands.map((command) => (
          <Copyable key={command} value={command} />
        ))}
      </SpaceBetween>
    </ExpandableSection>
  );
}
