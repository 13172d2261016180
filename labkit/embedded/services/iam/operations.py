"""The operations of IAM: each with its handler, what it needs as permission, and whether it only reads."""

from __future__ import annotations

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.iam import account, details
from labkit.embedded.services.iam.entities import (
    access_keys,
    groups,
    instance_profiles,
    linked_roles,
    oidc_providers,
    roles,
    tags,
    users,
)
from labkit.embedded.services.iam.permissions import (
    ON_GROUP,
    ON_PROFILE,
    ON_ROLE,
    ON_USER,
    on_deleted_role,
    on_key_owner,
    on_linked_role,
    on_new_policy,
    on_path,
    on_policy,
    on_profile_and_role,
    on_provider,
    on_renamed,
)
from labkit.embedded.services.iam.policies import attachments, boundaries, inline, lookup, managed, versions
from labkit.embedded.services.iam.simulation import operations as simulation
from labkit.embedded.services.permissions import in_account

ENTITIES: dict[str, Operation] = {
    "CreateUser": Operation(users.create_user, ON_USER),
    "GetUser": Operation(users.get_user, ON_USER, reads=True),
    "UpdateUser": Operation(users.update_user, on_renamed("user")),
    "DeleteUser": Operation(users.delete_user, ON_USER),
    "ListUsers": Operation(users.list_users, on_path("user"), reads=True),
    "TagUser": Operation(tags.tagging(tags.of("user")), ON_USER),
    "UntagUser": Operation(tags.untagging(tags.of("user")), ON_USER),
    "ListUserTags": Operation(tags.listing_tags(tags.of("user")), ON_USER, reads=True),
    "CreateAccessKey": Operation(access_keys.create_access_key, ON_USER),
    "ListAccessKeys": Operation(access_keys.list_access_keys, ON_USER, reads=True),
    "UpdateAccessKey": Operation(access_keys.update_access_key, ON_USER),
    "DeleteAccessKey": Operation(access_keys.delete_access_key, ON_USER),
    "GetAccessKeyLastUsed": Operation(access_keys.last_used, on_key_owner, reads=True),
    "CreateGroup": Operation(groups.create_group, ON_GROUP),
    "GetGroup": Operation(groups.get_group, ON_GROUP, reads=True),
    "UpdateGroup": Operation(groups.update_group, on_renamed("group")),
    "DeleteGroup": Operation(groups.delete_group, ON_GROUP),
    "ListGroups": Operation(groups.list_groups, on_path("group"), reads=True),
    "ListGroupsForUser": Operation(groups.list_groups_for_user, ON_USER, reads=True),
    "AddUserToGroup": Operation(groups.add_user, ON_GROUP),
    "RemoveUserFromGroup": Operation(groups.remove_user, ON_GROUP),
    "CreateRole": Operation(roles.create_role, ON_ROLE),
    "GetRole": Operation(roles.get_role, ON_ROLE, reads=True),
    "UpdateRole": Operation(roles.update_role, ON_ROLE),
    "UpdateRoleDescription": Operation(roles.update_role_description, ON_ROLE),
    "UpdateAssumeRolePolicy": Operation(roles.update_trust_policy, ON_ROLE),
    "DeleteRole": Operation(roles.delete_role, ON_ROLE),
    "ListRoles": Operation(roles.list_roles, on_path("role"), reads=True),
    "TagRole": Operation(tags.tagging(tags.of_role_to_change), ON_ROLE),
    "UntagRole": Operation(tags.untagging(tags.of_role_to_change), ON_ROLE),
    "ListRoleTags": Operation(tags.listing_tags(tags.of("role")), ON_ROLE, reads=True),
    "CreateServiceLinkedRole": Operation(linked_roles.create, on_linked_role),
    "DeleteServiceLinkedRole": Operation(linked_roles.delete, ON_ROLE),
    "GetServiceLinkedRoleDeletionStatus": Operation(linked_roles.deletion_status, on_deleted_role, reads=True),
    "CreateInstanceProfile": Operation(instance_profiles.create, ON_PROFILE),
    "GetInstanceProfile": Operation(instance_profiles.get, ON_PROFILE, reads=True),
    "DeleteInstanceProfile": Operation(instance_profiles.delete, ON_PROFILE),
    "ListInstanceProfiles": Operation(instance_profiles.list_all, on_path("instance-profile"), reads=True),
    "ListInstanceProfilesForRole": Operation(instance_profiles.list_for_role, ON_ROLE, reads=True),
    "AddRoleToInstanceProfile": Operation(instance_profiles.add_role, on_profile_and_role),
    "RemoveRoleFromInstanceProfile": Operation(instance_profiles.remove_role, ON_PROFILE),
    "TagInstanceProfile": Operation(tags.tagging(instance_profiles.profile_id), ON_PROFILE),
    "UntagInstanceProfile": Operation(tags.untagging(instance_profiles.profile_id), ON_PROFILE),
    "ListInstanceProfileTags": Operation(tags.listing_tags(instance_profiles.profile_id), ON_PROFILE, reads=True),
}
"""Users, groups, roles and what is theirs."""

PROVIDERS: dict[str, Operation] = {
    "CreateOpenIDConnectProvider": Operation(oidc_providers.create, on_provider),
    "GetOpenIDConnectProvider": Operation(oidc_providers.get, on_provider, reads=True),
    "ListOpenIDConnectProviders": Operation(oidc_providers.list_all, in_account, reads=True),
    "DeleteOpenIDConnectProvider": Operation(oidc_providers.delete, on_provider),
    "AddClientIDToOpenIDConnectProvider": Operation(oidc_providers.add_client_id, on_provider),
    "RemoveClientIDFromOpenIDConnectProvider": Operation(oidc_providers.remove_client_id, on_provider),
    "UpdateOpenIDConnectProviderThumbprint": Operation(oidc_providers.update_thumbprints, on_provider),
    "TagOpenIDConnectProvider": Operation(tags.tagging(oidc_providers.provider_arn), on_provider),
    "UntagOpenIDConnectProvider": Operation(tags.untagging(oidc_providers.provider_arn), on_provider),
    "ListOpenIDConnectProviderTags": Operation(tags.listing_tags(oidc_providers.provider_arn), on_provider, reads=True),
}
"""Identity providers of OpenID Connect."""

ACCOUNT: dict[str, Operation] = {
    "GetAccountSummary": Operation(account.summary, in_account, reads=True),
    "GetAccountAuthorizationDetails": Operation(details.details, in_account, reads=True),
    "CreateAccountAlias": Operation(account.create_alias, in_account),
    "DeleteAccountAlias": Operation(account.delete_alias, in_account),
    "ListAccountAliases": Operation(account.list_aliases, in_account, reads=True),
}
"""The account as a whole."""

POLICIES: dict[str, Operation] = {
    "CreatePolicy": Operation(managed.create_policy, on_new_policy),
    "GetPolicy": Operation(managed.get_policy, on_policy, reads=True),
    "DeletePolicy": Operation(managed.delete_policy, on_policy),
    "ListPolicies": Operation(managed.list_policies, on_path("policy"), reads=True),
    "CreatePolicyVersion": Operation(versions.create_version, on_policy),
    "GetPolicyVersion": Operation(versions.get_version, on_policy, reads=True),
    "ListPolicyVersions": Operation(versions.list_versions, on_policy, reads=True),
    "SetDefaultPolicyVersion": Operation(versions.set_default_version, on_policy),
    "DeletePolicyVersion": Operation(versions.delete_version, on_policy),
    "TagPolicy": Operation(tags.tagging(lookup.tags_to_change), on_policy),
    "UntagPolicy": Operation(tags.untagging(lookup.tags_to_change), on_policy),
    "ListPolicyTags": Operation(tags.listing_tags(lookup.tags), on_policy, reads=True),
    "ListEntitiesForPolicy": Operation(attachments.list_entities_for_policy, on_policy, reads=True),
    "PutUserPolicy": Operation(inline.putting("user"), ON_USER),
    "GetUserPolicy": Operation(inline.getting("user"), ON_USER, reads=True),
    "DeleteUserPolicy": Operation(inline.deleting("user"), ON_USER),
    "ListUserPolicies": Operation(inline.listing_names("user"), ON_USER, reads=True),
    "AttachUserPolicy": Operation(attachments.attaching("user"), ON_USER),
    "DetachUserPolicy": Operation(attachments.detaching("user"), ON_USER),
    "ListAttachedUserPolicies": Operation(attachments.listing_attached("user"), ON_USER, reads=True),
    "PutUserPermissionsBoundary": Operation(boundaries.putting("user"), ON_USER),
    "DeleteUserPermissionsBoundary": Operation(boundaries.deleting("user"), ON_USER),
    "PutGroupPolicy": Operation(inline.putting("group"), ON_GROUP),
    "GetGroupPolicy": Operation(inline.getting("group"), ON_GROUP, reads=True),
    "DeleteGroupPolicy": Operation(inline.deleting("group"), ON_GROUP),
    "ListGroupPolicies": Operation(inline.listing_names("group"), ON_GROUP, reads=True),
    "AttachGroupPolicy": Operation(attachments.attaching("group"), ON_GROUP),
    "DetachGroupPolicy": Operation(attachments.detaching("group"), ON_GROUP),
    "ListAttachedGroupPolicies": Operation(attachments.listing_attached("group"), ON_GROUP, reads=True),
    "PutRolePolicy": Operation(inline.putting("role"), ON_ROLE),
    "GetRolePolicy": Operation(inline.getting("role"), ON_ROLE, reads=True),
    "DeleteRolePolicy": Operation(inline.deleting("role"), ON_ROLE),
    "ListRolePolicies": Operation(inline.listing_names("role"), ON_ROLE, reads=True),
    "AttachRolePolicy": Operation(attachments.attaching("role"), ON_ROLE),
    "DetachRolePolicy": Operation(attachments.detaching("role"), ON_ROLE),
    "ListAttachedRolePolicies": Operation(attachments.listing_attached("role"), ON_ROLE, reads=True),
    "PutRolePermissionsBoundary": Operation(boundaries.putting("role"), ON_ROLE),
    "DeleteRolePermissionsBoundary": Operation(boundaries.deleting("role"), ON_ROLE),
}
"""Managed and inline policies, attachments, boundaries."""

SIMULATION: dict[str, Operation] = {
    "SimulatePrincipalPolicy": Operation(simulation.simulate_principal, simulation.on_source, reads=True),
    "SimulateCustomPolicy": Operation(simulation.simulate_custom, in_account, reads=True),
    "GetContextKeysForPrincipalPolicy": Operation(simulation.keys_for_principal, simulation.on_source, reads=True),
    "GetContextKeysForCustomPolicy": Operation(simulation.keys_for_custom, in_account, reads=True),
}
"""What IAM would decide."""

OPERATIONS: dict[str, Operation] = {**ENTITIES, **PROVIDERS, **ACCOUNT, **POLICIES, **SIMULATION}
"""Every operation that IAM offers here."""
