"""A world in which every operation finds something: what stands there, and its names as values for requests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.aws.images import push
from labkit.embedded.records.federation import providers
from labkit.image.format.image import Image
from labkit.pull import policies
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import REGISTRY, WORKLOAD
from tests.embedded.services.sts.issuer import elliptic_signer

ROLE, USER, GROUP, POLICY, REPOSITORY, FUNCTION = "fuzz-role", "fuzz-user", "fuzz-group", "fuzz", "fuzz/app", "fuzz"
NOBODY, PROFILE, PIPELINE, ALIAS, CACHE = "fuzz-nobody", "fuzz-profile", "fuzz-pipeline", "live", "fuzz-cache"
_ROLE_ARN = f"arn:aws:iam::{REGISTRY}:role/{ROLE}"
_FUNCTION_ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:{FUNCTION}"
_REPOSITORY_ARN = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/{REPOSITORY}"
_LISTING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
)
_TRUST, _PULL = json.dumps(policies.lambda_trust()), json.dumps(policies.same_account())
_ISSUER, _AUDIENCE = "https://token.example.com", "fuzz"
_PROVIDER = f"arn:aws:iam::{REGISTRY}:oidc-provider/token.example.com"
_PIPELINE_ARN = f"arn:aws:iam::{REGISTRY}:role/{PIPELINE}"
_ENTERING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": ["sts:TagSession", "sts:SetSourceIdentity", action]}
            for principal, action in (
                ({"Federated": _PROVIDER}, "sts:AssumeRoleWithWebIdentity"),
                ({"AWS": REGISTRY}, "sts:AssumeRole"),
            )
        ],
    }
)
_REPLICATING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "fuzz",
                "Effect": "Allow",
                "Principal": {"AWS": WORKLOAD},
                "Action": "ecr:ReplicateImage",
                "Resource": f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/*",
            }
        ],
    }
)
_EXPIRING = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3},
                "action": {"type": "expire"},
            }
        ]
    }
)
_DOCUMENTS = (_LISTING, _TRUST, _PULL, policies.lambda_trust(), "{}", "no JSON")
_TARGETS = ("r-lab1", "ou-lab1-workloads", "ou-lab1-production", WORKLOAD, "ou-lab1-missing00", "111122223333")


def furnish(cloud: Cloud, image: Image) -> dict[str, Any]:
    """Make one thing of each kind in the registry's account; returns what only the making told."""
    iam, ecr, lambda_ = (cloud.client("registry", service) for service in ("iam", "ecr", "lambda"))
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_TRUST, Tags=[{"Key": "team", "Value": "a"}])
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=_LISTING)
    policy = iam.create_policy(PolicyName=POLICY, PolicyDocument=_LISTING)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=_LISTING)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName=PROFILE)
    iam.add_role_to_instance_profile(InstanceProfileName=PROFILE, RoleName=ROLE)
    iam.create_group(GroupName=GROUP)
    iam.put_group_policy(GroupName=GROUP, PolicyName=POLICY, PolicyDocument=_LISTING)
    for name in (USER, NOBODY):
        iam.create_user(UserName=name)
    iam.put_user_policy(UserName=USER, PolicyName=POLICY, PolicyDocument=_LISTING)
    iam.add_user_to_group(GroupName=GROUP, UserName=USER)
    keys = [iam.create_access_key(UserName=name)["AccessKey"] for name in (USER, NOBODY)]
    uri = ecr.create_repository(repositoryName=REPOSITORY)["repository"]["repositoryUri"]
    ecr.set_repository_policy(repositoryName=REPOSITORY, policyText=_PULL)
    pushed = push(ecr, REPOSITORY, "1", image)
    code = {"ImageUri": f"{uri}:1"}
    lambda_.create_function(FunctionName=FUNCTION, Role=_ROLE_ARN, PackageType="Image", Code=code)
    token = _let_a_pipeline_in(cloud)
    _furnish_registry(ecr)
    _furnish_function(cloud, lambda_)
    organizations = cloud.client("management", "organizations")
    made = organizations.create_policy(
        Name=POLICY, Description="", Type="SERVICE_CONTROL_POLICY", Content=_LISTING.replace("s3:ListBucket", "*")
    )
    created = organizations.create_account(AccountName="fuzz", Email="fuzz@example.com")["CreateAccountStatus"]
    return {
        "policy": policy,
        "key": keys[0]["AccessKeyId"],
        "nobody": [keys[1]["AccessKeyId"], keys[1]["SecretAccessKey"]],
        "image": pushed.digest,
        "layer": next(iter(image.blobs)),
        "manifest": image.manifest.decode(),
        "uri": f"{uri}:1",
        "scp": made["Policy"]["PolicySummary"]["Id"],
        "request": created["Id"],
        "upload": ecr.initiate_layer_upload(repositoryName=REPOSITORY)["uploadId"],
        "token": token,
    }


def _let_a_pipeline_in(cloud: Cloud) -> str:
    """An identity provider, its key, and a role that trusts it; returns a token for the role."""
    iam, signer = cloud.client("registry", "iam"), elliptic_signer("fuzz")
    iam.create_open_id_connect_provider(Url=_ISSUER, ClientIDList=[_AUDIENCE])
    iam.create_role(RoleName=PIPELINE, AssumeRolePolicyDocument=_ENTERING)
    with cloud.embedded.database.write():
        providers.put_keys(cloud.embedded.database, _ISSUER, [signer.public])
    return signer.token(iss=_ISSUER, sub="fuzz", aud=_AUDIENCE, exp=4_000_000_000)


def _furnish_registry(ecr: Any) -> None:
    ecr.put_registry_policy(policyText=_REPLICATING)
    ecr.put_lifecycle_policy(repositoryName=REPOSITORY, lifecyclePolicyText=_EXPIRING)
    ecr.start_lifecycle_policy_preview(repositoryName=REPOSITORY)
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=CACHE, upstreamRegistryUrl="public.ecr.aws")


def _furnish_function(cloud: Cloud, lambda_: Any) -> None:
    cloud.embedded.functions.settle()
    lambda_.publish_version(FunctionName=FUNCTION)
    lambda_.create_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion="1")
    permission = {"StatementId": "fuzz", "Action": "lambda:InvokeFunction", "Principal": WORKLOAD}
    for name in (FUNCTION, f"{FUNCTION}:{ALIAS}"):
        lambda_.add_permission(FunctionName=name, **permission)


#: Members that mean something else in other services.
_OF_SERVICE: dict[str, dict[str, Sequence[Any]]] = {
    "sts": {"RoleArn": (_PIPELINE_ARN, _PIPELINE_ARN, _ROLE_ARN), "TransitiveTagKeys": (["team"],)},
    "lambda": {
        "Name": (ALIAS, ALIAS, "new"),
        "FunctionVersion": ("1", "1", "$LATEST", "ALL"),
        "StatementId": ("fuzz", "new"),
        "Action": ("lambda:InvokeFunction", "lambda:*"),
        "Principal": ("*", REGISTRY, "sns.amazonaws.com", _ROLE_ARN),
        "SourceAccount": (WORKLOAD,),
        "SourceArn": ("arn:aws:sns:eu-central-1:592444418872:topic",),
    },
    "ecr": {
        "name": ("BASIC_SCAN_TYPE_VERSION", "REGISTRY_POLICY_SCOPE", "BLOB_MOUNTING"),
        "value": ("AWS_NATIVE", "V2", "ENABLED"),
        "ecrRepositoryPrefix": (CACHE, CACHE, "new-cache"),
        "upstreamRegistryUrl": ("public.ecr.aws", "quay.io"),
        "principalArn": (_ROLE_ARN,),
    },
    "iam": {
        "OpenIDConnectProviderArn": (_PROVIDER, _PROVIDER, f"{_PROVIDER}/none"),
        "Url": ("https://new.example.com", _ISSUER),
        "ClientID": (_AUDIENCE, "new"),
        "ClientIDList": ([_AUDIENCE], ["new", "other"]),
    },
}


def values(told: Mapping[str, Any], service: str) -> dict[str, Sequence[Any]]:
    """Values by a pattern of the members' names that they are for; the first pattern that fits counts."""
    managed = ("arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/NoSuch")
    return {
        **_OF_SERVICE.get(service, {}),
        "RoleName": (ROLE, ROLE, "new-role"),
        "InstanceProfileName": (PROFILE, PROFILE, "new-profile"),
        "AWSServiceName": ("ecs.amazonaws.com",),
        "Description|description": ("What it is for.",),
        "UserName|NewUserName": (USER, USER, "new-user"),
        "GroupName|NewGroupName": (GROUP, GROUP, "new-group"),
        "PolicyName": (POLICY, POLICY, "new"),
        "PolicySourceArn": (_ROLE_ARN, f"arn:aws:iam::{REGISTRY}:user/{USER}"),
        "PolicyArns?|PermissionsBoundary": (told["policy"], told["policy"], *managed),
        "VersionId": ("v1", "v2", "v9"),
        "AccessKeyId": (told["key"],),
        "PathPrefix|Path": ("/", "/team/"),
        "AccountAlias": ("fuzz-alias",),
        "AssumeRolePolicyDocument": (_TRUST, *_DOCUMENTS),
        "PolicyInputList|PermissionsBoundaryPolicyInputList": ([_LISTING], list(_DOCUMENTS[:3])),
        "ActionNames|ActionNameList": (["s3:ListBucket"], ["ecr:BatchGetImage", "no action"]),
        "PolicyDocument|Policy": (_LISTING, _LISTING, _LISTING, *_DOCUMENTS),
        "policyText": (_PULL, _REPLICATING, _PULL, _REPLICATING, *_DOCUMENTS),
        "lifecyclePolicyText": (_EXPIRING, _EXPIRING, *_DOCUMENTS),
        "WebIdentityToken": (told["token"],),
        "Content": (_LISTING, _LISTING, *_DOCUMENTS),
        "RoleArn|Role": (_ROLE_ARN, f"arn:aws:iam::{WORKLOAD}:role/no-such"),
        "RoleSessionName": ("fuzz-session",),
        "resourceArn": (_REPOSITORY_ARN,),
        "Resource|FunctionArn": (_FUNCTION_ARN,),
        "repositoryName": (REPOSITORY, REPOSITORY, REPOSITORY, "fuzz/app2"),
        "registryId": (REGISTRY, REGISTRY, WORKLOAD),
        "imageDigest|imageManifestDigest": (told["image"], f"sha256:{'0' * 64}"),
        "imageTag": ("1", "2"),
        "imageManifest": (told["manifest"], "{}"),
        "imageManifestMediaType": ("application/vnd.oci.image.manifest.v1+json",),
        "layerDigest": (told["layer"], f"sha256:{'1' * 64}"),
        "layerDigests": ([told["layer"]], [f"sha256:{'1' * 64}"]),
        "uploadId": (told["upload"],),
        "FunctionName": (FUNCTION, FUNCTION, _FUNCTION_ARN, "new-function"),
        "Qualifier": ("$LATEST", "1", ALIAS),
        "ImageUri": (told["uri"],),
        "PackageType": ("Image",),
        "AccountId": (WORKLOAD, "592444418873"),
        "RootId": ("r-lab1",),
        "ChildId": (WORKLOAD, *_TARGETS),
        "(Source|Destination)?ParentId|TargetId|ResourceId": _TARGETS,
        "OrganizationalUnitId": ("ou-lab1-workloads", "ou-lab1-sharedservices"),
        "PolicyId": (told["scp"], "p-FullAWSAccess"),
        "PolicyType|Filter": ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"),
        "CreateAccountRequestId": (told["request"],),
        "Marker|[Nn]extToken": ("1", "MTIz"),
        "MaxItems|[Mm]axResults": (1, 1000),
        "TagKeys|tagKeys": (["team"], ["no-such"]),
        "Tags|tags": ({"team": "b"},) if service == "lambda" else ([{"Key": "team", "Value": "b"}],),
    }
