"""Images of ECR: layers pushed and downloaded, manifests and tags put, read and deleted, and the store for all that.

catalog   manifests and tags          store     the one store; image says what an image is to it
layers    layers in parts             garbage   bytes that nothing needs any more
downloads layers through a URL        storage   images archived and restored; states writes that down
"""
