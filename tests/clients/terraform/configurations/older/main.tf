# A network, an instance in it, its disks and an image, in what a provider of 2021 knows. It reads no AWS_ENDPOINT_URL, so
# that the endpoint is a variable.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 3.39" }
  }
}

variable "endpoint" {
  description = "What `kumoniwa env` sets as AWS_ENDPOINT_URL."
  type        = string
}

variable "changed" {
  description = "Whether what can be changed in place is changed."
  type        = bool
  default     = false
}

provider "aws" {
  endpoints {
    ec2 = var.endpoint
    iam = var.endpoint
    sts = var.endpoint
  }
}

data "aws_ami" "debian" {
  owners      = ["self"]
  most_recent = true
  filter {
    name   = "name"
    values = ["debian-12-amd64*"]
  }
}

data "aws_availability_zones" "all" {
  state = "available"
}

resource "aws_vpc" "main" {
  cidr_block           = "10.39.0.0/16"
  enable_dns_hostnames = var.changed
  tags                 = { Name = var.changed ? "changed" : "older" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  vpc_id                  = aws_vpc.main.id
  cidr_block              = "10.39.1.0/24"
  availability_zone       = data.aws_availability_zones.all.names[0]
  map_public_ip_on_launch = true
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

resource "aws_key_pair" "me" {
  key_name   = "terraform-older"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwkwUW4TwqcERtsGUw3iCA38AjbAXGz+e4KiRyETC1g me"
}

resource "aws_security_group" "older" {
  name   = "terraform-older"
  vpc_id = aws_vpc.main.id
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = [var.changed ? "10.0.0.0/8" : "0.0.0.0/0"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "web" {
  ami                    = data.aws_ami.debian.id
  instance_type          = "t3.micro"
  key_name               = aws_key_pair.me.key_name
  subnet_id              = aws_subnet.public.id
  vpc_security_group_ids = [aws_security_group.older.id]
  user_data              = "#!/bin/sh\necho older\n"
  monitoring             = var.changed
  root_block_device {
    volume_size = 10
    volume_type = "gp3"
  }
  tags = { Name = var.changed ? "changed" : "older" }
}

resource "aws_eip" "web" {
  instance   = aws_instance.web.id
  vpc        = true
  depends_on = [aws_internet_gateway.main]
}

resource "aws_ebs_volume" "data" {
  availability_zone = aws_instance.web.availability_zone
  size              = var.changed ? 3 : 2
  type              = "gp3"
}

resource "aws_volume_attachment" "data" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.web.id
}

resource "aws_ebs_snapshot" "data" {
  volume_id = aws_ebs_volume.data.id
  tags      = { Name = var.changed ? "changed" : "older" }
}
