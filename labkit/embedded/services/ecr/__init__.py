"""Amazon ECR: repositories, images, login tokens.

Repositories and their policies are moto's records (``repositories/``); layers, manifests and tags are in one store of
labkit's own (``images/store``), which the registry and Lambda use too, so that there is one truth about an image.
"""
