"""Amazon ECR: repositories, images, login tokens.

Layers, manifests and tags are in one store (``images/store``), which the registry and Lambda use too, so that there is
one truth about an image.
"""
