# Roles, policies, users and keys of IAM, and an instance with a profile.
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

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = var.changed ? ["ec2:Describe*", "s3:GetObject"] : ["ec2:Describe*"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "web" {
  name               = "terraform-web"
  description        = var.changed ? "changed" : "of the web"
  assume_role_policy = data.aws_iam_policy_document.assume.json
  tags               = { Name = var.changed ? "changed" : "web" }
}

resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.web.id
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_policy" "read" {
  name   = "terraform-read"
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.web.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_instance_profile" "web" {
  name = "terraform-web"
  role = aws_iam_role.web.name
}

resource "aws_iam_instance_profile" "other" {
  name = "terraform-other"
  role = aws_iam_role.web.name
}

resource "aws_instance" "web" {
  ami                  = data.aws_ami.debian.id
  instance_type        = "t3.micro"
  iam_instance_profile = var.changed ? aws_iam_instance_profile.other.name : aws_iam_instance_profile.web.name
}

resource "aws_iam_user" "bot" {
  name = "terraform-bot"
  path = "/bots/"
  tags = { Name = var.changed ? "changed" : "bot" }
}

resource "aws_iam_user_policy" "read" {
  name   = "read"
  user   = aws_iam_user.bot.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_user_policy_attachment" "read" {
  user       = aws_iam_user.bot.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_group" "bots" {
  name = "terraform-bots"
  path = var.changed ? "/changed/" : "/bots/"
}

resource "aws_iam_group_policy" "read" {
  name   = "read"
  group  = aws_iam_group.bots.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.bots.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_user_group_membership" "bot" {
  user   = aws_iam_user.bot.name
  groups = [aws_iam_group.bots.name]
}

resource "aws_iam_access_key" "bot" {
  user   = aws_iam_user.bot.name
  status = var.changed ? "Inactive" : "Active"
}
