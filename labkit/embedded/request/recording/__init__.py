"""What CloudTrail records of a call, in the form in which it shows it.

    names       events' names, read or write, management or data     identity    userIdentity
    values      parameters and answers, without what is secret       resources   what an event is about
    record      one record of one account                            recorder    which records a call leaves, where

Who is asked for a record has a `Call`, what was answered or refused, and what the engine decided; nothing is decided
here. Calls that are not authentic leave none: CloudTrail records "all authenticated API requests" (IAM User Guide,
"Logging IAM and AWS STS API calls").
"""
