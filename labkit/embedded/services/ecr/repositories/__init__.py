"""Repositories of ECR: made and deleted (`metadata`), their policies, tags (`tagging`), and scanning."""
