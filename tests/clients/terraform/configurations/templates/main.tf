# Launch templates, and instances launched from versions of one.
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

resource "aws_security_group" "web" {
  name = "terraform-templates"
}

resource "aws_launch_template" "web" {
  name                   = "terraform-web"
  description            = var.changed ? "the second" : "the first"
  update_default_version = true
  image_id               = data.aws_ami.debian.id
  instance_type          = var.changed ? "t3.small" : "t3.micro"
  user_data              = base64encode("#!/bin/sh\necho hello\n")
  vpc_security_group_ids = [aws_security_group.web.id]
  ebs_optimized          = true

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size           = 9
      volume_type           = "gp3"
      delete_on_termination = true
    }
  }
  credit_specification {
    cpu_credits = "standard"
  }
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }
  monitoring {
    enabled = true
  }
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "of the template" }
  }
  tags = { Name = var.changed ? "changed" : "web" }
}

resource "aws_launch_template" "interfaces" {
  name_prefix = "terraform-interfaces-"
  network_interfaces {
    associate_public_ip_address = true
    security_groups             = [aws_security_group.web.id]
    delete_on_termination       = true
  }
  placement {
    tenancy = "default"
  }
}

# The provider takes user data and tags that come of the template for differences (its issue 30825): people ignore them.
resource "aws_instance" "of_the_first" {
  launch_template {
    id      = aws_launch_template.web.id
    version = "1"
  }
  lifecycle {
    ignore_changes = [user_data, tags, tags_all]
  }
}

resource "aws_instance" "overridden" {
  instance_type = "t3.nano"
  launch_template {
    name    = aws_launch_template.web.name
    version = "1"
  }
  lifecycle {
    ignore_changes = [user_data, tags, tags_all]
  }
}
