"""Those who pull images from ECR and are not Lambda: how their errors read, and the rule that holds for them.

What is right for one of them is the classic mistake for another: most pull with the rights of a role's identity policy,
Lambda as a service principal that the repository's policy has to name. Rows stand in the order in which they are asked:
whoever quotes another one's error (ECS the Docker engine's) comes first.
"""

from __future__ import annotations

from typing import NamedTuple


class Puller(NamedTuple):
    """Somebody else who pulls: ``words`` are texts of which one is enough; ``rule`` and ``source`` what holds there."""

    id: str
    name: str
    words: tuple[str, ...]
    rule: str
    source: str

    @property
    def sentence(self) -> str:
        """Whose error it is and what holds there, for a colleague."""
        return f"This is an error of {self.name}, not of Lambda. {self.rule}"


PULLERS: tuple[Puller, ...] = (
    Puller(
        "agentcore",
        "Amazon Bedrock AgentCore",
        ("Access denied while validating ECR URI", "calling the CreateAgentRuntime", "calling the UpdateAgentRuntime"),
        "AgentCore pulls with the identity policy of the runtime's execution role: it needs ecr:BatchGetImage and "
        "ecr:GetDownloadUrlForLayer on the repository, and ecr:GetAuthorizationToken on *.",
        "awslabs/agentcore-samples #154, #874",
    ),
    Puller(
        "microvm",
        "a Lambda MicroVM image build",
        ("The container image build failed.", "lambda-microvms", "CreateMicrovmImage"),
        "A MicroVM build pulls with the identity policy of its role, not as the service lambda.amazonaws.com. "
        "What failed stands in the build's log, /aws/lambda-microvms/….",
        "aws-samples/serverless-patterns #3178",
    ),
    Puller(
        "codebuild",
        "AWS CodeBuild",
        ("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "Unable to pull customer's container image"),
        "With imagePullCredentialsType SERVICE_ROLE CodeBuild pulls with the project's service role. With CODEBUILD "
        "the repository's policy must name the service principal codebuild.amazonaws.com.",
        "CodeBuild API Reference, ProjectEnvironment; CodeBuild User Guide, troubleshooting",
    ),
    Puller(
        "sagemaker",
        "Amazon SageMaker",
        (
            "sagemaker.amazonaws.com service principal",
            "and that the execution role used to create the model has permissions to access them",
            "does not have BatchGetImage permission for the image",
        ),
        "SageMaker pulls with the execution role of the model or job, so that its identity policy must allow it and, "
        "across accounts, the repository's policy too; where the text names the service principal, the repository's "
        "policy must name sagemaker.amazonaws.com.",
        "aws/sagemaker-python-sdk #1835, #2002; aws/deep-learning-containers #5657",
    ),
    Puller(
        "apprunner",
        "AWS App Runner",
        ("Failed to pull your application image", "Failed to copy the image from ECR", "[AppRunner]"),
        "App Runner pulls with the service's access role, which build.apprunner.amazonaws.com assumes. The image must "
        "be in the service's region.",
        "App Runner Developer Guide, access role; aws-containers/hello-app-runner #3",
    ),
    Puller(
        "eks",
        "Kubernetes",
        ("ImagePullBackOff", "ErrImagePull", "kubelet", "failed to get sandbox image"),
        "On Amazon EKS the node's IAM role pulls, or on Fargate the pod execution role: its identity policy must allow "
        "it, and across accounts the repository's policy too.",
        "Amazon ECR User Guide, Using Amazon ECR Images with Amazon EKS",
    ),
    Puller(
        "ecs",
        "Amazon ECS",
        ("CannotPullContainerError", "CannotPullECRContainerError", "unable to pull secrets or registry auth"),
        "ECS pulls with the task execution role on Fargate and with the container instance's role on EC2: its identity "
        "policy must allow it, and across accounts the repository's policy too.",
        "Amazon ECR User Guide, Using Amazon ECR images with Amazon ECS",
    ),
    Puller(
        "docker",
        "a Docker or containerd client",
        (
            "no basic auth credentials",
            "Error response from daemon",
            "Your authorization token has expired",
            "failed to resolve reference",
            "pull access denied for",
            "denied: User:",
            "name unknown: The repository with name",
            "manifest unknown: Requested image not found",
            "calling the GetAuthorizationToken operation",
            "error getting credentials",
        ),
        "A client pulls and pushes with the rights of whoever signed in with docker login (the token lasts 12 hours); "
        "what it may do says nothing about what Lambda may.",
        "Amazon ECR User Guide, Troubleshooting errors with Docker commands",
    ),
)
OTHER_PULLER = "other-puller"
"""The id of the cause."""


def puller_in(line: str) -> Puller | None:
    """Whose words stand in a text of one line: the first of the table, None for none of them."""
    return next((puller for puller in PULLERS if any(word in line for word in puller.words)), None)
