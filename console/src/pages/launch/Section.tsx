/** One section of the launch wizard, and what each of them is given. */
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useText, type TextKey } from "../../texts/texts";
import type { Form } from "./launchModel";

/** What a section works on: the form as it is, and how it changes a part of it. */
export interface Editing {
  region: string;
  form: Form;
  change: (part: Partial<Form>) => void;
}

interface Properties {
  title: TextKey;
  help?: TextKey;
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, help, actions, children }: Properties): ReactNode {
  const text = useText();
  return (
    <Container header={<Header variant="h2" actions={actions} description={help && text(help)}>{text(title)}</Header>}>
      <SpaceBetween size="m">{children}</SpaceBetween>
    </Container>
  );
}
