import { expect, test } from "vitest";
import { asCli, kebab, piped, quoted } from "./cli";

test.each([
  ["CreateImage", "create-image"],
  ["InstanceIds", "instance-ids"],
  ["DisableApiStop", "disable-api-stop"],
  ["DescribeVolumesModifications", "describe-volumes-modifications"],
  ["KmsKeyId", "kms-key-id"],
])("%s is %s to the AWS CLI", (name, flag) => expect(kebab(name)).toBe(flag));

test("a call is a command with its parameters", () => {
  const parameters = { InstanceId: "i-1", Name: "it's mine", NoReboot: true };
  expect(asCli("CreateImage", parameters, "us-east-1")).toBe(
    `aws ec2 create-image --region us-east-1 --instance-id i-1 --name 'it'"'"'s mine' --no-reboot`,
  );
});

test("a reboot that is wished has a flag of its own", () => {
  expect(asCli("CreateImage", { NoReboot: false }, "us-east-1")).toContain(" --reboot");
});

test("the way of a network ACL's entry has two flags", () => {
  expect(asCli("DeleteNetworkAclEntry", { RuleNumber: 1, Egress: false }, "us-east-1")).toMatch(/ --rule-number 1 --ingress$/);
  expect(asCli("DeleteNetworkAclEntry", { RuleNumber: 1, Egress: true }, "us-east-1")).toMatch(/ --egress$/);
});

test("lists and structures are written as the AWS CLI reads them", () => {
  const parameters = { InstanceIds: ["i-1", "i-2"], Filters: [{ Name: "a", Values: ["b c"] }], DryRun: false };
  expect(asCli("DescribeInstances", parameters, "eu-central-1")).toBe(
    `aws ec2 describe-instances --region eu-central-1 --instance-ids i-1 i-2 ` +
      `--filters '[{"Name":"a","Values":["b c"]}]' --no-dry-run`,
  );
});

test("whatever an address names as its region is one word of the command", () => {
  expect(asCli("DescribeInstances", {}, "us-east-1; touch /tmp/taken")).toBe(
    `aws ec2 describe-instances --region 'us-east-1; touch /tmp/taken'`,
  );
});

test.each([
  ["file:///etc/passwd", "the address of a file"],
  ["fileb:///etc/passwd", "the address of a file"],
  ["http://127.0.0.1/", "an address"],
  ["--endpoint-url=http://127.0.0.1", "an option"],
  ["-", "an option"],
])("%s, which the AWS CLI would take for %s, is a text to it", (name) => {
  expect(asCli("CreateKeyPair", { KeyName: name, KeyType: "rsa" }, "us-east-1")).toBe(
    `aws ec2 create-key-pair --region us-east-1 --key-type rsa --cli-input-json '{"KeyName":"${name}"}'`,
  );
  expect(asCli("DescribeKeyPairs", { KeyNames: [name] }, "us-east-1")).toBe(
    `aws ec2 describe-key-pairs --region us-east-1 --cli-input-json '{"KeyNames":["${name}"]}'`,
  );
});

test("nor is one item of a list taken for a list", () => {
  expect(asCli("DescribeKeyPairs", { KeyNames: ['["a"]'] }, "us-east-1")).toContain(` '{"KeyNames":["[\\"a\\"]"]}'`);
});

test.each([
  ["=ls", "'=ls'"], // zsh would look for a program
  ["a\nb", "'a\nb'"],
  ["\x03\rrm it's\\n", "$'\\003\\015rm it\\'s\\\\n'"], // pasted, ^C would leave the quotes
  ["\x1b[201~\x9b", "$'\\033[201~\\302\\233'"],
])("%j is one word of a shell, also where it is pasted", (text, word) => expect(quoted(text)).toBe(word));

test("what may be any text can come by a pipe", () => {
  expect(piped("ssh-rsa it's", "aws ec2 import-key-pair", "public-key-material")).toBe(
    `printf %s 'ssh-rsa it'"'"'s' | aws ec2 import-key-pair --public-key-material fileb:///dev/stdin`,
  );
});
