"""Why can Lambda not pull this image, and what is the smallest change: causes, fixes, proofs, on data from anywhere."""
