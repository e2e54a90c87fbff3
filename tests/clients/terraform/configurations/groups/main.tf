# Security groups: rules within them, as resources of the old kind and of the new kind.
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

resource "aws_security_group" "inline" {
  name        = "terraform-inline"
  description = "rules within"
  ingress {
    description = var.changed ? "web, changed" : "web"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
  ingress {
    from_port       = 8000
    to_port         = var.changed ? 8002 : 8001
    protocol        = "udp"
    security_groups = [aws_security_group.old.id]
  }
  ingress {
    from_port   = -1
    to_port     = -1
    protocol    = "icmp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  tags = { Name = var.changed ? "changed" : "inline" }
}

resource "aws_security_group" "old" {
  name_prefix = "terraform-old-"
}

resource "aws_security_group_rule" "addresses" {
  type              = "ingress"
  security_group_id = aws_security_group.old.id
  description       = var.changed ? "changed" : "some addresses"
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = ["192.0.2.0/24", "198.51.100.0/24"]
}

resource "aws_security_group_rule" "itself" {
  type              = "ingress"
  security_group_id = aws_security_group.old.id
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  self              = true
}

resource "aws_security_group_rule" "out" {
  type              = "egress"
  security_group_id = aws_security_group.old.id
  protocol          = "all"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
  ipv6_cidr_blocks  = ["::/0"]
}

resource "aws_security_group" "new" {
  name = "terraform-new"
}

resource "aws_vpc_security_group_ingress_rule" "addresses" {
  security_group_id = aws_security_group.new.id
  description       = "some addresses"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = var.changed ? 23 : 22
  cidr_ipv4         = var.changed ? "192.0.2.0/24" : "198.51.100.0/24"
  tags              = { Name = var.changed ? "changed" : "ssh" }
}

resource "aws_vpc_security_group_ingress_rule" "group" {
  security_group_id            = aws_security_group.new.id
  ip_protocol                  = "udp"
  from_port                    = 53
  to_port                      = 53
  referenced_security_group_id = aws_security_group.old.id
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.new.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}
