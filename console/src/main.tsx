import "@cloudscape-design/global-styles/index.css";
import "./console.css";
import { createRoot } from "react-dom/client";
import { signInByAddress } from "./api/session";
import { Console } from "./shell/Console";

await signInByAddress();
createRoot(document.getElementById("console")!).render(<Console />);
