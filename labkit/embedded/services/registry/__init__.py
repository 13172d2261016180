"""The registry at ``/v2/``: the OCI distribution protocol, turned into calls of ECR."""
