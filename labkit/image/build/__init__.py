"""From a Dockerfile and its folder to an image.

    dockerfile           a Dockerfile's text becomes instructions; what needs a Docker engine is refused by line
    expansion            variables in them
    build_context        which files of the folder a COPY may take
    copying              COPY and ADD become entries of a layer
    stage                what each instruction does
    layer                layers whose bytes are the same on every machine
    base_image           what an image stands on, as a value, and which kinds can be chosen
    stand_in             the lab's stand-in for AWS's base image, the same everywhere, with nothing to run inside
    container_stand_in   the stand-in for a Docker engine, made of this machine's Python
    assemble             all of it: `build`

The same files on the same base give the same digest on every machine, so that labs can be compared.
"""
