"""Images: from a Dockerfile to layers, manifest and configuration, and running their functions.

Needs neither AWS nor Docker, and the standard library alone.

    format     an image as data: manifest, configuration, layers' archives; what can go wrong with them
    build      a Dockerfile becomes an image that can be pushed, on AWS's base image or on a stand-in for it
    run        an image's function runs: its files, its process, Lambda's Runtime API
    transfer   what a push and a pull come to, and how far they are

``build`` and ``run`` know ``format`` and not each other: what is said of an image travels inside it, in its
configuration (`labkit.image.format.config.ImageConfig`), which everybody reads in the same way. Nothing is exported
here: the embedded AWS reads formats at every start, and loads nothing that builds for it.
"""
