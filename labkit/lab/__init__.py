"""The lab: two accounts and an organization behind AWS profiles, embedded or real; what was chosen, and who builds.

article             the article's names
actor               who makes requests
organization_path   which path can be granted in the embedded organization
choices             what was chosen: one type, and the rules of its fields
builder             what builds, pushes, pulls and tries images, as an interface
engine              the lab by itself, which is one that does, and which of the two a choice comes to
docker_builder      a Docker engine, which is the other
lab                 the lab
world               what can be chosen about its world while it runs: accounts outside, endpoints, time
trail               what was called in it, as a log
choosing            choosing what it uses, and opening it
notebook_errors     the lab's errors in a notebook as one sentence
"""
