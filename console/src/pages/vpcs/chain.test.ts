import { expect, test } from "vitest";
import { serve } from "../../testing";
import { commandsOf, link, run } from "./chain";

const chain = [
  link("a VPC", "CreateVpc", { CidrBlock: "10.0.0.0/16" }, { name: "VPC", query: "Vpc.VpcId" }),
  link("a gateway", "CreateInternetGateway", {}, { name: "VPC_GATEWAY", query: "InternetGateway.InternetGatewayId" }),
  link("both", "AttachInternetGateway", (made) => ({ VpcId: made("VPC"), InternetGatewayId: made("VPC_GATEWAY") })),
];

test("what is not made yet is a variable of the shell", () => {
  expect(commandsOf(chain, "us-east-1")).toEqual([
    "VPC=$(aws ec2 create-vpc --region us-east-1 --cidr-block 10.0.0.0/16 --query Vpc.VpcId --output text)",
    "VPC_GATEWAY=$(aws ec2 create-internet-gateway --region us-east-1 --query InternetGateway.InternetGatewayId --output text)",
    'aws ec2 attach-internet-gateway --region us-east-1 --vpc-id "$VPC" --internet-gateway-id "$VPC_GATEWAY"',
  ]);
});

test("what is made already has its id", () => {
  const [command] = commandsOf(chain.slice(2), "us-east-1", new Map([["VPC", "vpc-1"], ["VPC_GATEWAY", "igw-1"]]));
  expect(command).toBe("aws ec2 attach-internet-gateway --region us-east-1 --vpc-id vpc-1 --internet-gateway-id igw-1");
});

test("a call gives the id of what it made, and later ones are given it", async () => {
  const heard = serve(() => ({ body: { Vpc: { VpcId: "vpc-1" } } }));
  expect(await run("us-east-1", chain[0]!, new Map())).toBe("vpc-1");
  expect(await run("us-east-1", chain[2]!, new Map([["VPC", "vpc-1"], ["VPC_GATEWAY", "igw-1"]]))).toBe("");
  expect(heard[1]!.parameters).toEqual({ VpcId: "vpc-1", InternetGatewayId: "igw-1" });
});
