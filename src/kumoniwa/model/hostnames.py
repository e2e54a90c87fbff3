"""The names that EC2 gives to addresses. Source: the EC2 user guide, "EC2 instance hostnames and domains"."""


def internal_domain(region: str) -> str:
    """The domain in which a region's private names are."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def private_hostname(address: str, region: str) -> str:
    """The name of a private address inside its VPC, of the type "IP name": `ip-172-31-12-19.ec2.internal`."""
    return f"ip-{address.replace('.', '-')}.{internal_domain(region)}"


def public_hostname(address: str, region: str) -> str:
    """The name of a public address: `ec2-203-0-113-25.compute-1.amazonaws.com`."""
    domain = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{domain}.amazonaws.com"
