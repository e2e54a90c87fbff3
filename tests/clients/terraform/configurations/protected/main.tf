# An instance that may not be stopped, and one that may not be terminated, until the configuration says so.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "protected" {
  type    = bool
  default = true
}

data "aws_ami" "debian" {
  owners      = ["self"]
  most_recent = true
  filter {
    name   = "name"
    values = ["debian-12-amd64*"]
  }
}

resource "aws_instance" "not_stopped" {
  ami              = data.aws_ami.debian.id
  instance_type    = "t3.micro"
  disable_api_stop = var.protected
}

resource "aws_instance" "not_terminated" {
  ami                     = data.aws_ami.debian.id
  instance_type           = "t3.micro"
  disable_api_termination = var.protected
}
