"""From a Dockerfile and its folder to an image."""
