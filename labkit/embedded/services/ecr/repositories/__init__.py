"""Repositories of ECR: made and deleted (`metadata`), their policies, tags, and the setting for scanning."""
