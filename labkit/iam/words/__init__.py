"""Decisions in words, made of the matches that were kept while deciding; nothing is decided again.

    reasons   one part of a match: that it matched, or how pattern and value differ, and what would mend it
    nearest   the statement that came closest to allowing, and what would have to change
    denial    AWS's own access-denied sentence, and its names of the kinds of policy
    explain   the decision in sentences, and all of it as JSON data
    outline   the decision as a tree of lines, for a terminal, for HTML and as plain text

Each uses only what stands above it here. Of ``labkit.iam`` they use what a statement, a match and the kinds of policy
are; decisions they know by type alone.
"""
