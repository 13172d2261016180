"""Lifecycle policies: which images of a repository go, or go into the archive, as time passes.

policies     put, read, deleted                         previews     what one would do now
candidates   images as rules see them                   due          carried out as the clock goes on
state        what is kept of all this                   events       what that leaves in CloudTrail

What the rules say, and what they do with images, stands in ``labkit.pull.lifecycle``.
"""
