"""The words of AWS's protocols: calls, messages, botocore's models, constraints, errors."""
