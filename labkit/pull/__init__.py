"""Can Lambda pull this image? The question, its decision, the policies that answer it, and who can pull what."""
