# An instance with all that people give one: protections, user data, volumes, credits, metadata options.
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

resource "aws_key_pair" "me" {
  key_name   = "terraform-instances"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwkwUW4TwqcERtsGUw3iCA38AjbAXGz+e4KiRyETC1g me"
  tags       = var.changed ? { Of = "me" } : {}
}

resource "aws_security_group" "web" {
  name        = "terraform-instances"
  description = "ssh"
  ingress {
    description = "ssh"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = var.changed ? ["10.0.0.0/8", "192.0.2.0/24"] : ["0.0.0.0/0"]
  }
  ingress {
    from_port = 0
    to_port   = 0
    protocol  = "-1"
    self      = true
  }
  egress {
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}

resource "aws_placement_group" "apart" {
  name     = "terraform-apart"
  strategy = "spread"
  tags     = { Name = var.changed ? "changed" : "apart" }
}

resource "aws_instance" "web" {
  placement_group                      = aws_placement_group.apart.name
  ami                                  = data.aws_ami.debian.id
  instance_type                        = var.changed ? "t3.small" : "t3.micro"
  key_name                             = aws_key_pair.me.key_name
  vpc_security_group_ids               = [aws_security_group.web.id]
  user_data                            = var.changed ? "#!/bin/sh\necho changed\n" : "#!/bin/sh\necho hello\n"
  disable_api_stop                     = false
  disable_api_termination              = false
  instance_initiated_shutdown_behavior = var.changed ? "terminate" : "stop"
  monitoring                           = var.changed
  source_dest_check                    = !var.changed
  ebs_optimized                        = true

  credit_specification {
    cpu_credits = var.changed ? "standard" : "unlimited"
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = var.changed ? "required" : "optional"
    http_put_response_hop_limit = var.changed ? 3 : 2
  }
  root_block_device {
    volume_size           = var.changed ? 12 : 10
    volume_type           = "gp3"
    iops                  = 3000
    throughput            = var.changed ? 200 : 125
    delete_on_termination = true
    tags                  = { Name = "root" }
  }
  ebs_block_device {
    device_name           = "/dev/sdf"
    volume_size           = 2
    volume_type           = "gp3"
    delete_on_termination = true
    tags                  = { Name = "data" }
  }
  tags = { Name = var.changed ? "web, changed" : "web" }
}

resource "aws_eip" "web" {
  instance = aws_instance.web.id
  tags     = { Name = var.changed ? "web, changed" : "web" }
}
