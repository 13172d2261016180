"""AWS Lambda: the table of its operations.

What an operation needs as permission is decided before these are called.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.lambda_ import features
from labkit.embedded.services.lambda_.access import operations as access
from labkit.embedded.services.lambda_.aliases import operations as aliases
from labkit.embedded.services.lambda_.functions import concurrency, create, manage, tagging, versions
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
    "PublishVersion": Operation(versions.publish_version, on_function),
    "ListVersionsByFunction": Operation(versions.list_versions_by_function, on_function, reads=True),
    "CreateAlias": Operation(aliases.create_alias, on_function),
    "GetAlias": Operation(aliases.get_alias, on_function, reads=True),
    "UpdateAlias": Operation(aliases.update_alias, on_function),
    "DeleteAlias": Operation(aliases.delete_alias, on_function),
    "ListAliases": Operation(aliases.list_aliases, on_function, reads=True),
    "AddPermission": Operation(access.add_permission, on_version()),
    "GetPolicy": Operation(access.get_policy, on_version(), reads=True),
    "RemovePermission": Operation(access.remove_permission, on_version()),
    "PutFunctionConcurrency": Operation(concurrency.put_function_concurrency, on_function),
    "GetFunctionConcurrency": Operation(concurrency.get_function_concurrency, on_function, reads=True),
    "DeleteFunctionConcurrency": Operation(concurrency.delete_function_concurrency, on_function),
    "GetAccountSettings": Operation(concurrency.get_account_settings, in_account, reads=True),
    "ListTags": Operation(tagging.list_tags, on_function, reads=True),
    "TagResource": Operation(tagging.tag_resource, on_function),
    "UntagResource": Operation(tagging.untag_resource, on_function),
    "Invoke": Operation(invocation.invoke, on_version("InvokeFunction"), locks_itself=True),
    **features.OPERATIONS,
}
