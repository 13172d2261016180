"""Functions: made, read, changed, deleted; the pull of their image; and where they are kept.

create         CreateFunction, UpdateFunctionCode       manage        read, listed, configured, deleted
versions       published, listed, deleted               concurrency   reserved, and what an account has
tagging        tags                                     pull          may Lambda pull this image?
record         one version, one row                     store         all of them, and what they run from
states         states with AWS's sentences              transitions   from one record to the next
lifecycle      what lasts, goes idle, is restored       preconditions what must hold before a change
"""
