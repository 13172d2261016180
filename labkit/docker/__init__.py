"""Who builds, pushes, pulls and tries the image: the lab by itself, or a Docker engine.

    ways        the two, behind one interface, and which of them a choice comes to
    choice      which of the two is chosen
    finding     whether a Docker engine answers, never longer than three seconds
    bases       what FROM names, present in the engine: pulled, or the lab's stand-in loaded
    building    the image of a folder, built by the engine
    buildx      the image of a folder, built with or without provenance by docker's buildx
    registry    names, login, push and pull through the engine
    names       what stands in front of an image's name, when it changes
    trial       the image in a container, behind the emulator's URL
    trials      which of such containers belong to a process that is gone

An image has one name everywhere, its ECR name. Docker alone is told another where the registry is not at the host of
that name, as on the embedded AWS: the registry's address with the ECR name behind it.
"""
