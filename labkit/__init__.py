"""labkit: the Lambda-ECR permission lab."""

__version__ = "0.1.0"
