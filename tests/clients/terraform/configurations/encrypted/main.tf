# Encrypted disks: by default of the region and by request, under AWS's key and one's own; copies that are encrypted.
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

resource "aws_kms_key" "disks" {
  description             = "of the disks"
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "disks" {
  name          = "alias/disks"
  target_key_id = aws_kms_key.disks.key_id
}

resource "aws_ebs_encryption_by_default" "here" {
  enabled = !var.changed
}

resource "aws_ebs_default_kms_key" "here" {
  key_arn = aws_kms_key.disks.arn
}

resource "aws_instance" "host" {
  ami           = data.aws_ami.debian.id
  instance_type = "t3.micro"
  tags          = { Name = var.changed ? "changed" : "host" }

  root_block_device {
    encrypted  = true
    kms_key_id = aws_kms_key.disks.arn
  }

  ebs_block_device {
    device_name = "/dev/sdf"
    volume_size = 1
    encrypted   = true
    kms_key_id  = aws_kms_key.disks.arn
  }
}

resource "aws_ebs_volume" "data" {
  availability_zone = aws_instance.host.availability_zone
  size              = var.changed ? 2 : 1
  type              = "gp3"
  encrypted         = true
  kms_key_id        = aws_kms_key.disks.arn
}

resource "aws_ebs_snapshot" "data" {
  volume_id = aws_ebs_volume.data.id
}

resource "aws_ebs_snapshot_copy" "data" {
  source_snapshot_id = aws_ebs_snapshot.data.id
  source_region      = "us-east-1"
  description        = "a copy"
  encrypted          = true
  kms_key_id         = aws_kms_key.disks.arn
}

resource "aws_ami_copy" "sealed" {
  name              = "sealed"
  source_ami_id     = data.aws_ami.debian.id
  source_ami_region = "us-east-1"
  encrypted         = true
  kms_key_id        = aws_kms_key.disks.arn
}
