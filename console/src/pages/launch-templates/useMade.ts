/** What is said of a version that was made: EC2's warnings too, of what a launch would refuse. */
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { warnings } from "./model";

/** Says the warnings of an answer, and gives the words for what was done. */
export function useMade(): (answer: Parameters<typeof warnings>[0], words: string) => string {
  const text = useText();
  const say = useSay();
  return (answer, words) => {
    const found = warnings(answer);
    if (found !== "") say({ type: "warning", header: text("template.warned"), content: found });
    return words;
  };
}
