# A volume of its own, attached; snapshots of it, shared and copied; a volume of a snapshot.
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

resource "aws_instance" "host" {
  ami           = data.aws_ami.debian.id
  instance_type = "t3.micro"
}

resource "aws_ebs_volume" "data" {
  availability_zone = aws_instance.host.availability_zone
  size              = var.changed ? 2 : 1
  type              = var.changed ? "gp3" : "gp2"
  iops              = var.changed ? 3000 : null # else the provider asks gp3 for the 100 of gp2
  tags              = { Name = var.changed ? "data, changed" : "data" }
}

resource "aws_volume_attachment" "data" {
  device_name = "/dev/sdg"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.host.id
}

resource "aws_ebs_snapshot" "data" {
  volume_id   = aws_ebs_volume.data.id
  description = "of the data"
  tags        = { Name = var.changed ? "changed" : "data" }
}

resource "aws_ebs_snapshot" "archived" {
  volume_id         = aws_ebs_volume.data.id
  storage_tier      = var.changed ? "standard" : "archive"
  permanent_restore = true
}

resource "aws_ebs_snapshot_copy" "data" {
  source_snapshot_id = aws_ebs_snapshot.data.id
  source_region      = "us-east-1"
  description        = "a copy"
}

resource "aws_snapshot_create_volume_permission" "data" {
  snapshot_id = aws_ebs_snapshot.data.id
  account_id  = "210987654321"
}

resource "aws_ebs_volume" "restored" {
  availability_zone = aws_instance.host.availability_zone
  snapshot_id       = aws_ebs_snapshot.data.id
  type              = "io2"
  iops              = var.changed ? 200 : 100
  size              = 4
}
