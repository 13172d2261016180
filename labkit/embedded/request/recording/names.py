"""How CloudTrail names what was called: event names, regions, error codes, and whether an event reads or writes.

Lambda's names carry versions (Lambda Developer Guide, "Logging Lambda API calls"; for the reads, which that list names
plainly, logs that people have published). Names that are not in the table are those of the API.
"""

from __future__ import annotations

import re

MANAGEMENT, DATA = "Management", "Data"

_LAMBDA = """
    AddPermission20150331v2 CreateAlias20150331 CreateFunction20150331 DeleteAlias20150331 DeleteFunction20150331
    DeleteFunctionConcurrency20171031 GetAccountSettings20160819 GetAlias20150331 GetFunction20150331v2
    GetFunctionConfiguration20150331v2 GetPolicy20150331v2 ListAliases20150331 ListEventSourceMappings20150331
    ListFunctions20150331 ListTags20170331 ListVersionsByFunction20150331 PublishVersion20150331
    PutFunctionConcurrency20171031 RemovePermission20150331v2 TagResource20170331v2 UntagResource20170331v2
    UpdateAlias20150331 UpdateFunctionCode20150331v2 UpdateFunctionConfiguration20150331v2
"""
_VERSION = re.compile(r"20\d{6}(v\d)?$")
_NAMES = {("lambda", _VERSION.sub("", name)): name for name in _LAMBDA.split()}
_DATA = frozenset({("lambda", "Invoke")})
_READS = re.compile("(Get|List|Describe|BatchGet|BatchCheck|Lookup|Simulate|AssumeRole|Preview|Validate)")
_GLOBAL = frozenset({"iam", "organizations"})


def event_name(service: str, operation: str) -> str:
    """The name of an event, such as ``CreateFunction20150331``."""
    return _NAMES.get((service, operation), operation)


def operation_of(name: str) -> str:
    """The operation that an event's name means: that without the version."""
    return _VERSION.sub("", name)


def category(service: str, operation: str) -> str:
    """``Management`` or ``Data``: Invoke is a data event (Lambda Developer Guide), everything else here is not."""
    return DATA if (service, operation) in _DATA else MANAGEMENT


def reads(operation: str) -> bool:
    """Whether an event is marked readOnly: by the verb of its name; AssumeRole is, as recorded events show."""
    return _READS.match(operation) is not None


def region_of(service: str, region: str) -> str:
    """Where an event is found: IAM and Organizations are global services and have theirs in us-east-1.

    STS has them in the region of the endpoint that was called (IAM User Guide, the table of "Logging IAM and AWS STS
    API calls"); signed for us-east-1 that is the global endpoint, whose events are there too.
    """
    return "us-east-1" if service in _GLOBAL else region


def error_code(service: str, code: str) -> str:
    """An error's code as CloudTrail has it: AccessDenied in all services; IAM's others with Exception at their end."""
    if code in ("AccessDenied", "AccessDeniedException"):
        return "AccessDenied"
    if code == "ValidationError":
        return "ValidationException"
    return f"{code}Exception" if service == "iam" and not code.endswith("Exception") else code
