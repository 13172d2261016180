"""Repositories of ECR, and their policies."""
