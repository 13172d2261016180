"""Repositories of ECR, and the policies that are set on them."""
