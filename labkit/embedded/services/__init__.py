"""The services, each with one table ``OPERATIONS``: what it offers, and what each operation needs as permission.

    sts, iam, organizations, ecr, lambda_, cloudtrail   one folder each      registry   docker push and docker pull
    permissions   what the tables share      paging   tokens of lists        due        what time brings about

A handler is given `Embedded` and an authorized `Call`, and returns the members of the output's shape or raises a
`ServiceError` with AWS's code and text. The registry is ECR once more, for docker push and docker pull.
"""
