"""Lifecycle policies: which images of a repository go, or go into the archive, as time passes."""
