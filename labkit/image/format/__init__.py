"""Images as data: manifests, layers' archives, configurations."""
