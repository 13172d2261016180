"""Images of ECR: layers pushed and downloaded, manifests and tags put, read and deleted, and the store for all that."""
