/** The whole console: who is signed in, in which language, where. */
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { I18nProvider, type I18nProviderProps } from "@cloudscape-design/components/i18n";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { about, Unreachable, type About } from "../api/call";
import { live } from "../api/live";
import { onEnd, type SignedOut } from "../api/session";
import { firstLanguage, keepLanguage, TextContext, textsOf, type Language } from "../texts/texts";
import { Notices } from "./notices";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";

const KEPT_MODE = "kumoniwa-mode";
const TRY_AGAIN = 1000;
const COMPONENTS = {
  en: () => import("@cloudscape-design/components/i18n/messages/all.en"),
  ja: () => import("@cloudscape-design/components/i18n/messages/all.ja"),
};

/** `signedOutAtFirst`: why nobody is signed in; undefined where there is a session to try. */
export function Console({ signedOutAtFirst }: { signedOutAtFirst: SignedOut | undefined }): ReactNode {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [messages, setMessages] = useState<I18nProviderProps.Messages>();
  const [mode, setMode] = useState<Mode>(firstMode);
  const [cloud, setCloud] = useState<About>();
  const [signedOut, setSignedOut] = useState(signedOutAtFirst);
  const words = useMemo(() => ({ text: textsOf(language), language }), [language]);

  useEffect(() => {
    document.documentElement.lang = language;
    let current = true;
    void COMPONENTS[language]().then((found) => current && setMessages(found.default as I18nProviderProps.Messages));
    return () => {
      current = false;
    };
  }, [language]);
  useEffect(() => applyMode(mode), [mode]);
  useEffect(() => {
    onEnd((why) => {
      live.stop();
      setSignedOut(why);
    });
    if (signedOut !== undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      about().then(setCloud, (failure) => {
        if (failure instanceof Unreachable) timer = setTimeout(ask, TRY_AGAIN);
      });
    };
    ask();
    live.start();
    return () => {
      clearTimeout(timer);
      live.stop();
    };
  }, [signedOut]);

  const settings = {
    mode,
    turnMode: () => {
      const turned = mode === Mode.Dark ? Mode.Light : Mode.Dark;
      localStorage.setItem(KEPT_MODE, turned);
      setMode(turned);
    },
    turnLanguage: () => {
      const turned = language === "en" ? "ja" : "en";
      keepLanguage(turned);
      setLanguage(turned);
    },
  };
  if (messages === undefined) return null; // a moment: without them the components' own labels are missing
  return (
    <I18nProvider locale={language} messages={[messages]}>
      <TextContext.Provider value={words}>
        {signedOut !== undefined ? (
          <SignIn why={signedOut} />
        ) : (
          cloud && (
            <Notices>
              <Shell cloud={cloud} settings={settings} />
            </Notices>
          )
        )}
      </TextContext.Provider>
    </I18nProvider>
  );
}

function firstMode(): Mode {
  const kept = localStorage.getItem(KEPT_MODE);
  const wanted = kept ?? (matchMedia("(prefers-color-scheme: dark)").matches ? Mode.Dark : Mode.Light);
  return wanted === Mode.Dark ? Mode.Dark : Mode.Light;
}
