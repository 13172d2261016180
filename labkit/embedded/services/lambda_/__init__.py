"""AWS Lambda: functions made of container images, and their invocations.

operations   the table of operations               permissions   on which ARN a call is authorized
functions    made, changed, pulled, kept           invoke        their handlers run
aliases      names for versions                    access        resource policies of functions
names        which function a call means           roles         may Lambda assume this role?
checks       shapes and combinations               features      what image functions here never have
own_calls    what Lambda calls of other services   pages         lists in pages
shapes       a function as the API shows it        errors        the table of errors
"""
