# Two VPCs that are peered, with routes to each other, and options of the connection.
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

resource "aws_vpc" "one" {
  cidr_block           = "10.30.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_vpc" "other" {
  cidr_block           = "10.31.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_vpc_peering_connection" "both" {
  vpc_id      = aws_vpc.one.id
  peer_vpc_id = aws_vpc.other.id
  auto_accept = true
  tags        = { Name = var.changed ? "changed" : "both" }
}

resource "aws_vpc_peering_connection_options" "both" {
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
  requester {
    allow_remote_vpc_dns_resolution = var.changed
  }
}

resource "aws_route_table" "one" {
  vpc_id = aws_vpc.one.id
}

resource "aws_route" "one" {
  route_table_id            = aws_route_table.one.id
  destination_cidr_block    = aws_vpc.other.cidr_block
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
}

resource "aws_security_group" "one" {
  name   = "terraform-peering"
  vpc_id = aws_vpc.one.id
}

resource "aws_security_group" "other" {
  name   = "terraform-peering"
  vpc_id = aws_vpc.other.id
}

resource "aws_security_group_rule" "from_the_other" {
  type                     = "ingress"
  security_group_id        = aws_security_group.one.id
  source_security_group_id = aws_security_group.other.id
  protocol                 = "tcp"
  from_port                = 443
  to_port                  = 443
  depends_on               = [aws_vpc_peering_connection.both]
}
