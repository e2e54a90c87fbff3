# Images of an instance, made with and without a reboot, copied, registered, shared; an instance of one.
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

resource "aws_instance" "source" {
  ami           = data.aws_ami.debian.id
  instance_type = "t3.micro"
}

resource "aws_ami_from_instance" "rebooted" {
  name               = "terraform-rebooted"
  description        = "cut while its guest is down"
  source_instance_id = aws_instance.source.id
  tags               = { Name = var.changed ? "changed" : "rebooted" }
}

resource "aws_ami_from_instance" "running" {
  name                    = "terraform-running"
  source_instance_id      = aws_instance.source.id
  snapshot_without_reboot = true
  depends_on              = [aws_ami_from_instance.rebooted]
}

resource "aws_ami_copy" "copy" {
  name              = "terraform-copy"
  description       = var.changed ? "a copy, changed" : "a copy"
  source_ami_id     = aws_ami_from_instance.rebooted.id
  source_ami_region = "us-east-1"
}

resource "aws_ebs_snapshot" "root" {
  volume_id = aws_instance.source.root_block_device[0].volume_id
}

resource "aws_ami" "registered" {
  name                = "terraform-registered"
  description         = var.changed ? "registered, changed" : "registered"
  virtualization_type = "hvm"
  architecture        = "x86_64"
  root_device_name    = "/dev/xvda"
  ena_support         = true
  ebs_block_device {
    device_name = "/dev/xvda"
    snapshot_id = aws_ebs_snapshot.root.id
    volume_size = 16
  }
}

resource "aws_ami_launch_permission" "shared" {
  image_id   = aws_ami_from_instance.rebooted.id
  account_id = "210987654321"
}

resource "aws_instance" "of_the_image" {
  ami           = aws_ami_from_instance.rebooted.id
  instance_type = "t3.micro"
  tags          = { Name = var.changed ? "changed" : "launched" }
}
