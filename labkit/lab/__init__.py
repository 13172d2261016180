"""The lab: two accounts and an organization behind AWS profiles, embedded or real; what was chosen, and who builds.

article             the article's names
actor               who makes requests
organization_path   which path can be granted in the embedded organization
choices             what was chosen: one type, and the rules of its fields
builder             what builds, pushes, pulls and tries images, as an interface
engine              the two that do: a Docker engine, and the lab by itself
lab                 the lab
choosing            choosing what it uses, and opening it
notebook_errors     the lab's errors in a notebook as one sentence
"""
