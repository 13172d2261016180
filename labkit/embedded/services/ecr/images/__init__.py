"""Images of ECR: pushed, read, downloaded, deleted; and where they are kept."""
