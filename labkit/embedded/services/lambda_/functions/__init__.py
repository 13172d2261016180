"""Functions: made, read, changed, deleted; the pull of their image; and where they are kept."""
