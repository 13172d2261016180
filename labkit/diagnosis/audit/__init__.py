"""Every repository of a registry against every account of an organization: who can do what, and what should not stay.

estate      what an audit looks at                     reading    from answers of AWS to an estate (a folder)
asked       whom it asks about, made-up accounts too   verdicts   what each account can do with each repository
findings    the table of rules                         access     who is let in and perhaps should not be
documents   what policies do to services, their size   images     which Lambda refuses, which in use will go
columns     accounts that stand together, counted      report     the whole, and as JSON
baseline    what is new since an earlier report        shown      for people and programs (a folder)
redacting   the report with made-up numbers and names

Pure: an estate and a time go in, a report comes out. What accounts can do is decided by ``labkit.pull.reach``.
"""
