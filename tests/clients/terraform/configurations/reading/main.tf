# Data sources: what there is, asked in each way that configurations ask.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

data "aws_region" "here" {}

data "aws_caller_identity" "me" {}

data "aws_partition" "here" {}

data "aws_regions" "all" {}

data "aws_availability_zones" "all" {
  state = "available"
}

data "aws_availability_zone" "first" {
  name = data.aws_availability_zones.all.names[0]
}

data "aws_ami" "debian" {
  owners      = ["self"]
  most_recent = true
  filter {
    name   = "name"
    values = ["debian-12-amd64*"]
  }
}

data "aws_ami_ids" "debian" {
  owners     = [data.aws_caller_identity.me.account_id]
  name_regex = "^debian-12"
}

data "aws_ssm_parameter" "debian" {
  name = "/aws/service/debian/release/12/latest/amd64"
}

data "aws_ssm_parameters_by_path" "debian" {
  path      = "/aws/service/debian"
  recursive = true
}

data "aws_vpc" "default" {
  default = true
}

data "aws_vpcs" "all" {}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

data "aws_subnet" "first" {
  id = data.aws_subnets.default.ids[0]
}

data "aws_subnet" "default" {
  availability_zone = data.aws_availability_zones.all.names[0]
  default_for_az    = true
}

data "aws_security_group" "default" {
  name   = "default"
  vpc_id = data.aws_vpc.default.id
}

data "aws_security_groups" "all" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

data "aws_internet_gateway" "default" {
  filter {
    name   = "attachment.vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

data "aws_route_table" "main" {
  vpc_id = data.aws_vpc.default.id
  filter {
    name   = "association.main"
    values = ["true"]
  }
}

data "aws_route_tables" "all" {
  vpc_id = data.aws_vpc.default.id
}

data "aws_route" "out" {
  route_table_id         = data.aws_route_table.main.id
  destination_cidr_block = "0.0.0.0/0"
}

data "aws_network_acls" "all" {
  vpc_id = data.aws_vpc.default.id
}

data "aws_vpc_dhcp_options" "default" {
  dhcp_options_id = data.aws_vpc.default.dhcp_options_id
}

data "aws_ec2_instance_type" "small" {
  instance_type = "t3.small"
}

data "aws_ec2_instance_types" "burstable" {
  filter {
    name   = "burstable-performance-supported"
    values = ["true"]
  }
}

data "aws_ec2_instance_type_offering" "first" {
  filter {
    name   = "instance-type"
    values = ["t2.micro", "t3.micro"]
  }
  preferred_instance_types = ["t3.micro", "t2.micro"]
}

data "aws_ec2_instance_type_offerings" "here" {
  location_type = "availability-zone"
  filter {
    name   = "instance-type"
    values = ["t3.micro"]
  }
}

data "aws_ebs_default_kms_key" "key" {
}

data "aws_ebs_encryption_by_default" "here" {
}

data "aws_ec2_serial_console_access" "here" {
}

resource "aws_instance" "web" {
  ami           = data.aws_ami.debian.id
  instance_type = data.aws_ec2_instance_type_offering.first.instance_type
  subnet_id     = data.aws_subnet.default.id
  user_data     = "#!/bin/sh\necho read\n"
  tags          = { Name = "read" }
}

resource "aws_key_pair" "me" {
  key_name   = "terraform-reading"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwkwUW4TwqcERtsGUw3iCA38AjbAXGz+e4KiRyETC1g me"
}

resource "aws_ebs_snapshot" "root" {
  volume_id = aws_instance.web.root_block_device[0].volume_id
}

resource "aws_eip" "one" {
  tags = { Name = "read" }
}

resource "aws_launch_template" "one" {
  name          = "terraform-reading"
  instance_type = "t3.micro"
}

resource "aws_ssm_parameter" "one" {
  name  = "/terraform/reading"
  type  = "String"
  value = data.aws_ami.debian.id
}

data "aws_instance" "web" {
  instance_id   = aws_instance.web.id
  get_user_data = true
}

data "aws_instances" "named" {
  instance_tags = { Name = "read" }
  depends_on    = [aws_instance.web]
}

data "aws_ebs_volume" "root" {
  filter {
    name   = "attachment.instance-id"
    values = [aws_instance.web.id]
  }
}

data "aws_ebs_volumes" "roots" {
  filter {
    name   = "attachment.instance-id"
    values = [aws_instance.web.id]
  }
}

data "aws_ebs_snapshot" "root" {
  owners       = ["self"]
  most_recent  = true
  snapshot_ids = [aws_ebs_snapshot.root.id]
}

data "aws_ebs_snapshot_ids" "all" {
  owners     = ["self"]
  depends_on = [aws_ebs_snapshot.root]
}

data "aws_key_pair" "me" {
  key_name           = aws_key_pair.me.key_name
  include_public_key = true
}

data "aws_network_interface" "web" {
  id = aws_instance.web.primary_network_interface_id
}

data "aws_network_interfaces" "all" {
  filter {
    name   = "attachment.instance-id"
    values = [aws_instance.web.id]
  }
}

data "aws_eip" "one" {
  id = aws_eip.one.id
}

data "aws_eips" "all" {
  tags       = { Name = "read" }
  depends_on = [aws_eip.one]
}

data "aws_launch_template" "one" {
  name = aws_launch_template.one.name
}

data "aws_ssm_parameter" "one" {
  name = aws_ssm_parameter.one.name
}

data "aws_instance" "of_the_parameter" {
  filter {
    name   = "image-id"
    values = [data.aws_ssm_parameter.one.insecure_value]
  }
  filter {
    name   = "instance-state-name" # what was terminated is told of for an hour
    values = ["running"]
  }
  depends_on = [aws_instance.web]
}

output "read" {
  value = {
    account    = data.aws_caller_identity.me.account_id
    region     = data.aws_region.here.name
    partition  = data.aws_partition.here.partition
    regions    = length(data.aws_regions.all.names)
    zones      = data.aws_availability_zones.all.names
    zone_id    = data.aws_availability_zone.first.zone_id
    images     = data.aws_ami_ids.debian.ids
    vcpus      = data.aws_ec2_instance_type.small.default_vcpus
    memory     = data.aws_ec2_instance_type.small.memory_size
    types      = data.aws_ec2_instance_types.burstable.instance_types
    offered    = data.aws_ec2_instance_type_offerings.here.locations
    vpcs       = data.aws_vpcs.all.ids
    subnets    = data.aws_subnets.default.ids
    first      = data.aws_subnet.first.vpc_id
    gateway    = data.aws_internet_gateway.default.id
    route      = data.aws_route.out.gateway_id
    groups     = data.aws_security_groups.all.ids
    acls       = data.aws_network_acls.all.ids
    servers    = data.aws_vpc_dhcp_options.default.domain_name_servers
    key        = data.aws_ebs_default_kms_key.key.key_arn
    encrypted  = data.aws_ebs_encryption_by_default.here.enabled
    serial     = data.aws_ec2_serial_console_access.here.enabled
    instance   = data.aws_instance.of_the_parameter.id
    instances  = data.aws_instances.named.ids
    user_data  = data.aws_instance.web.user_data_base64
    root       = data.aws_ebs_volume.root.volume_id
    roots      = data.aws_ebs_volumes.roots.ids
    snapshot   = data.aws_ebs_snapshot.root.volume_size
    snapshots  = data.aws_ebs_snapshot_ids.all.ids
    public_key = data.aws_key_pair.me.public_key
    interface  = data.aws_network_interface.web.private_ip
    interfaces = data.aws_network_interfaces.all.ids
    address    = data.aws_eip.one.public_ip
    addresses  = data.aws_eips.all.public_ips
    template   = data.aws_launch_template.one.latest_version
    image      = data.aws_ssm_parameter.debian.insecure_value
    parameters = data.aws_ssm_parameters_by_path.debian.names
  }
}
