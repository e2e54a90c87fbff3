# KMS's keys: with a policy, with rotation, with an alias that moves, a grant, and something encrypted.
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

data "aws_caller_identity" "me" {}

data "aws_kms_key" "of_volumes" {
  key_id = "alias/aws/ebs"
}

data "aws_kms_alias" "of_volumes" {
  name       = "alias/aws/ebs"
  depends_on = [data.aws_kms_key.of_volumes]
}

resource "aws_kms_key" "first" {
  description             = var.changed ? "changed" : "first"
  deletion_window_in_days = 7
  enable_key_rotation     = var.changed
  tags                    = { Name = var.changed ? "changed" : "first" }
}

resource "aws_kms_key" "second" {
  description             = "second"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  rotation_period_in_days = 180
  is_enabled              = !var.changed
}

resource "aws_kms_key_policy" "second" {
  key_id = aws_kms_key.second.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.changed ? "Changed" : "All"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "app" {
  name          = "alias/terraform/app"
  target_key_id = var.changed ? aws_kms_key.second.key_id : aws_kms_key.first.key_id
}

resource "aws_kms_grant" "reader" {
  name              = "terraform-reader"
  key_id            = aws_kms_key.first.key_id
  grantee_principal = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"
  operations        = ["Decrypt", "GenerateDataKey"]
  constraints {
    encryption_context_equals = { of = "terraform" }
  }
}

resource "aws_kms_ciphertext" "secret" {
  key_id    = aws_kms_key.first.key_id
  plaintext = "correct horse battery staple"
  context   = { of = "terraform" }
}

output "of_volumes" {
  value = [data.aws_kms_key.of_volumes.arn, data.aws_kms_alias.of_volumes.target_key_arn]
}
