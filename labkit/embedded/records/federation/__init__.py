"""Identity providers and the keys of those who issue tokens."""
