/** The words of the console, in the reader's language: `text("instance.id")`. */
import { createContext, useContext, useMemo } from "react";
import { en } from "./en";
import { ja } from "./ja";

export type TextKey = keyof typeof en;
export type Language = "en" | "ja";
export type Text = (key: TextKey, values?: Record<string, string | number>) => string;

const KEPT = "kumoniwa-language";
const LANGUAGES: Record<Language, Record<TextKey, string>> = { en, ja };

/** The text of a key, with its values put in. */
export function textsOf(language: Language): Text {
  const texts = LANGUAGES[language];
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The language that was chosen here, else the browser's. */
export function firstLanguage(): Language {
  const chosen = localStorage.getItem(KEPT) ?? navigator.language;
  return chosen.startsWith("ja") ? "ja" : "en";
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(KEPT, language);
}

export const TextContext = createContext<{ text: Text; language: Language }>({ text: textsOf("en"), language: "en" });

export const useText = (): Text => useContext(TextContext).text;

/** A moment in the reader's own time and form. */
export function useMoment(): (at: string | Date | undefined | null) => string {
  const { language } = useContext(TextContext);
  return useMemo(() => {
    const form = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
    return (at) => (at ? form.format(new Date(at)) : "–");
  }, [language]);
}

/** The time of a day, to a tenth of a second, in the reader's own form. */
export function useClock(): (at: string | undefined | null) => string {
  const { language } = useContext(TextContext);
  return useMemo(() => {
    const form = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 1 });
    return (at) => (at ? form.format(new Date(at)) : "–");
  }, [language]);
}
