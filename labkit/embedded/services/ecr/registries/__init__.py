"""What an account has of ECR in a region beside its repositories: the registry's policy and settings."""
