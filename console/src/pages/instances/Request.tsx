/** The id of a request, to be copied. */
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";

export function Request({ id }: { id: string | null }): ReactNode {
  const text = useText();
  if (id === null) return "–";
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={id}
      copyButtonAriaLabel={text("copy")}
      copySuccessText={text("copied")}
      copyErrorText={text("copyFailed")}
    />
  );
}
