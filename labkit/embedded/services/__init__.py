"""The services, each with one table ``OPERATIONS``: what it offers, and what each operation needs as permission.

A handler is given `Embedded` and an authorized `Call`, and returns the members of the output's shape or raises a
`ServiceError` with AWS's code and text. STS and IAM's keys are labkit's own, the rest of IAM and Organizations is
moto's with the checks that it leaves out, ECR's images and Lambda's functions are labkit's. The registry is ECR once
more, for docker push and docker pull.
"""
