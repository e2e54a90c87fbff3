/** Create an access key of a user, who is made where there is none of that name. Its secret is shown once. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { Refused } from "../../api/call";
import { asCli } from "../../api/cli";
import { iam } from "../../api/iam";
import { useListing } from "../../api/listing";
import { Dialog } from "../../shell/Dialog";
import { useText } from "../../texts/texts";
import { accessKeysOf, isUserName } from "./model";
import { SecretOnce, type NewAccessKey } from "./SecretOnce";

export function CreateAccessKey({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [user, setUser] = useState("");
  const [made, setMade] = useState<NewAccessKey>();
  const isMade = useRef(false); // the dialog closes after it has acted: then the secret is still to be shown
  const { value: keys = [] } = useListing(useMemo(() => accessKeysOf(region), [region]));
  if (made !== undefined) return <SecretOnce made={made} close={close} />;
  const parameters = { UserName: user };
  const isKnown = keys.some((key) => key.user?.toLowerCase() === user.toLowerCase());
  const act = async (): Promise<void> => {
    try {
      await iam(region, "CreateUser", parameters);
    } catch (failure) {
      if (!(failure instanceof Refused) || failure.code !== "EntityAlreadyExists") throw failure;
    }
    const { AccessKey: key } = await iam(region, "CreateAccessKey", parameters);
    isMade.current = true;
    setMade({ user, id: key.AccessKeyId, secret: key.SecretAccessKey });
  };
  const actions = isKnown ? ["CreateAccessKey"] : ["CreateUser", "CreateAccessKey"];
  return (
    <Dialog
      title={text("accessKey.create")}
      go={text("accessKey.create")}
      hindered={isUserName(user) ? null : text("accessKey.userHelp")}
      commands={actions.map((action) => asCli(action, parameters, region, "iam"))}
      act={act}
      close={() => {
        if (!isMade.current) close();
      }}
    >
      <FormField
        label={text("accessKey.user")}
        description={text("accessKey.userIs")}
        constraintText={text("accessKey.userHelp")}
        errorText={user === "" || isUserName(user) ? "" : text("accessKey.userHelp")}
      >
        <Input value={user} onChange={({ detail }) => setUser(detail.value)} spellcheck={false} />
      </FormField>
    </Dialog>
  );
}
