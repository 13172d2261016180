"""AWS Lambda: the table of its operations.

    functions.create      CreateFunction, UpdateFunctionCode      names    which function a call means
    functions.manage      read, list, configure, tag, delete      roles    may Lambda assume this role?
    functions.pull        may Lambda pull this image?             checks   shapes and combinations
    functions.store       all functions                           shapes   a function as the API shows it
    invoke.invocation     Invoke                                  errors   the table of errors
    functions.record      one function, one row
    functions.lifecycle   Pending that lasts, Inactive, restored  functions.states, transitions
    invoke.code           unpacked images                         permissions   on which ARN a call is authorized
    invoke.environments   warm processes, containers              invoke.container_engine
    invoke.runners        which of the two                        invoke.containers, container_images

What an operation needs as permission is decided before these are called.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.lambda_.functions import create, manage
from labkit.embedded.services.lambda_.invoke import invocation
from labkit.embedded.services.lambda_.permissions import on_function, on_version
from labkit.embedded.services.permissions import in_account

OPERATIONS: dict[str, Operation] = {
    "CreateFunction": Operation(create.create_function, on_function),
    "UpdateFunctionCode": Operation(create.update_function_code, on_function),
    "GetFunction": Operation(manage.get_function, on_version(), reads=True),
    "GetFunctionConfiguration": Operation(manage.get_function_configuration, on_version(), reads=True),
    "ListFunctions": Operation(manage.list_functions, in_account, reads=True),
    "UpdateFunctionConfiguration": Operation(manage.update_function_configuration, on_function),
    "DeleteFunction": Operation(manage.delete_function, on_version()),
    "ListTags": Operation(manage.list_tags, on_function, reads=True),
    "TagResource": Operation(manage.tag_resource, on_function),
    "UntagResource": Operation(manage.untag_resource, on_function),
    "Invoke": Operation(invocation.invoke, on_version("InvokeFunction"), locks_itself=True),
}
