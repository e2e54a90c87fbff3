import "@cloudscape-design/global-styles/index.css";
import "./console.css";
import { createRoot } from "react-dom/client";
import { hasCode, signInByAddress } from "./api/session";
import { Console } from "./shell/Console";

// Pasted into a tab that shows the console already, a sign-in address changes the fragment only.
addEventListener("hashchange", () => {
  if (hasCode()) location.reload();
});
const signedOut = await signInByAddress();
createRoot(document.getElementById("console")!).render(<Console signedOutAtFirst={signedOut} />);
