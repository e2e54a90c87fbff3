# Network interfaces: alone, attached to a running instance, as the first of one; Elastic IP addresses of both kinds.
# The cloud is found by what `kumoniwa env` sets: nothing here says where it is.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "changed" {
  description = "Whether what can be changed in place is changed."
  type        = bool
  default     = false
}


data "aws_ami" "debian" {
  owners      = ["self"]
  most_recent = true
  filter {
    name   = "name"
    values = ["debian-12-amd64*"]
  }
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "first" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
  filter {
    name   = "availability-zone"
    values = ["us-east-1a"]
  }
}

resource "aws_security_group" "web" {
  count = 2
  name  = "terraform-interfaces-${count.index}"
}

resource "aws_network_interface" "first" {
  subnet_id         = data.aws_subnets.first.ids[0]
  private_ips_count = 1
  security_groups   = [aws_security_group.web[0].id]
  description       = var.changed ? "the first, changed" : "the first"
  source_dest_check = !var.changed
  tags              = { Name = var.changed ? "changed" : "first" }
}

resource "aws_instance" "with_interfaces" {
  ami           = data.aws_ami.debian.id
  instance_type = "t3.micro"
  network_interface {
    network_interface_id = aws_network_interface.first.id
    device_index         = 0
  }
}

resource "aws_network_interface" "second" {
  subnet_id       = data.aws_subnets.first.ids[0]
  security_groups = [aws_security_group.web[var.changed ? 1 : 0].id]
  attachment {
    instance     = aws_instance.with_interfaces.id
    device_index = 1
  }
}

resource "aws_network_interface" "third" {
  subnet_id = data.aws_subnets.first.ids[0]
}

resource "aws_network_interface_sg_attachment" "third" {
  security_group_id    = aws_security_group.web[1].id
  network_interface_id = aws_network_interface.third.id
}

resource "aws_eip" "associated" {
}

resource "aws_eip_association" "first" {
  allocation_id        = aws_eip.associated.id
  network_interface_id = aws_network_interface.first.id
}

resource "aws_eip" "third" {
  network_interface = aws_network_interface.third.id
}
