"""AWS CloudTrail's event history: LookupEvents, on what `labkit.embedded.request.recording` records.

    operations   LookupEvents and its errors      lookup   finding events: attributes, time range, pages
    log          the whole lab's events, for `labkit trail`

Trails, event data stores and insights are not there; nor are the limit of two lookups a second and the minutes after
which AWS shows an event: here it is found at once.
"""
