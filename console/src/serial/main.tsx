/** The page of a serial console. It is apart from the others because its terminal needs a policy of its own. */
import "@cloudscape-design/global-styles/index.css";
import "@xterm/xterm/css/xterm.css";
import "./serial.css";
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { createRoot } from "react-dom/client";
import { firstLanguage, TextContext, textsOf } from "../texts/texts";
import { SerialPage } from "./SerialPage";

const language = firstLanguage();
document.documentElement.lang = language;
applyMode(Mode.Dark);
createRoot(document.getElementById("serial")!).render(
  <TextContext.Provider value={{ text: textsOf(language), language }}>
    <SerialPage />
  </TextContext.Provider>,
);
