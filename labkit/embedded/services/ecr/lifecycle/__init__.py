"""Lifecycle policies: which images of a repository go, or go into the archive, as time passes.

schema       the form of a policy                       rules        what its rules say, and which ECR refuses
candidates   images as rules see them                   evaluation   what the rules do with them
policies     put, read, deleted                         previews     what one would do now
due          carried out as the clock goes on           events       what that leaves in CloudTrail
state        what is kept of all this
"""
