"""Amazon ECR: repositories, images, login tokens.

operations     the table of operations               permissions   what a call needs as permission
repositories   made, tagged, with their policies     images        layers, manifests, tags, storage classes
registries     the registry's policy and settings    lifecycle     lifecycle policies, carried out as time passes
replicas       repositories made by replication      tokens        who stands behind a login
documents      would ECR store this policy?          lookup        what a call names, errors, paging

Layers, manifests and tags are in one store (``images/store``), which the registry and Lambda use too, so that there is
one truth about an image.
"""
