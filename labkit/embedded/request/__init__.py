"""From a request's bytes to an authorized call, and from its output back to bytes."""
