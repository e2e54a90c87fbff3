/** The launch itself: the security group, where it makes one, then the instances. */
import { call, Refused } from "../../api/call";
import { groupParameters, permissions, type Form, type RunParameters } from "./launchModel";

/** The ClientToken of what is asked: it stays while the answer to the same launch is not known. */
export class Attempt {
  private asked = "";
  private token = "";

  /** Launch, once even where an earlier answer to these very parameters was lost. Gives the ids of the instances. */
  async run(region: string, parameters: RunParameters): Promise<string[]> {
    const asked = JSON.stringify([region, parameters]);
    if (asked !== this.asked) [this.asked, this.token] = [asked, newToken()];
    try {
      const { Instances = [] } = await call(region, "RunInstances", { ...parameters, ClientToken: this.token });
      this.asked = "";
      return Instances.map(({ InstanceId = "" }) => InstanceId);
    } catch (failure) {
      if (failure instanceof Refused) this.asked = ""; // nothing was launched
      throw failure;
    }
  }
}

/** A ClientToken that nobody else has. */
export function newToken(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A security group was made without its rules, and could not be deleted again. */
export class GroupStays extends Error {
  constructor(
    readonly groupId: string,
    readonly why: Error,
  ) {
    super(why.message);
  }
}

/** The form once its new security group is made: it is now one that exists. */
export async function withGroup(region: string, form: Form): Promise<Form> {
  if (form.firewall === "existing") return form;
  const { GroupId = "" } = await call(region, "CreateSecurityGroup", groupParameters(form));
  const admitted = permissions(form);
  try {
    if (admitted.length > 0) await call(region, "AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: admitted });
  } catch (failure) {
    // A group without its rules is not what was asked for.
    await call(region, "DeleteSecurityGroup", { GroupId }).catch(() => Promise.reject(new GroupStays(GroupId, failure as Error)));
    throw failure;
  }
  return { ...form, firewall: "existing", groupIds: [GroupId] };
}
