/** What whoever is not signed in sees: how to sign in. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, type ReactNode } from "react";
import { KEPT, type SignedOut } from "../api/session";
import { useText } from "../texts/texts";

export function SignIn({ why }: { why: SignedOut }): ReactNode {
  const text = useText();
  useEffect(() => {
    const signedIn = ({ key, newValue }: StorageEvent): void => {
      if (key === KEPT && newValue !== null) location.reload();
    };
    addEventListener("storage", signedIn); // in another tab
    return () => removeEventListener("storage", signedIn);
  }, []);
  return (
    <main>
      <Box padding="xxxl">
        <Container header={<Header variant="h1">{text("signedOut.title")}</Header>}>
          <SpaceBetween size="m">
            <Box variant="p">{text(`signedOut.${why}`)}</Box>
            <Box variant="p">{text("signedOut.how")}</Box>
            <CopyToClipboard
              variant="inline"
              textToCopy="kumoniwa console"
              copyButtonAriaLabel={text("copy")}
              copySuccessText={text("copied")}
              copyErrorText={text("copyFailed")}
            />
          </SpaceBetween>
        </Container>
      </Box>
    </main>
  );
}
