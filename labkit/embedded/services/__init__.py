"""The services, each with one table ``OPERATIONS``: what it offers, and what each operation needs as permission.

A handler is given `Embedded` and an authorized `Call`, and returns the members of the output's shape or raises a
`ServiceError` with AWS's code and text. The registry is ECR once more, for docker push and docker pull.
"""
