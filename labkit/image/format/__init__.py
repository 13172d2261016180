"""Images as data: manifests, layers' archives, configurations.

    config       an image's configuration, read once into `ImageConfig`, or refused in a sentence
    manifest     from the bytes that a client pushed to typed descriptors; never written anew: the digest is theirs
    archive      layers as streams, never a member or a layer wholly in memory
    contents     what is where in an image, without unpacking it
    image        an assembled image as a value: all that a push sends
    provenance   an image's index with an attestation, as builders push it
    errors       the tree of what can go wrong

Nothing here trusts what it reads: images come from whoever pushed them. What cannot be read is an `ImageError` with one
sentence, never another exception.
"""
