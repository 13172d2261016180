"""A fix, or a policy, in the language in which somebody keeps their infrastructure.

snippets    changes in one of the formats              notes            what is said before a change in any of them
shell       commands of the aws CLI                    quoting, yaml    data as literals of a language
resource    a change as a resource                     terraform        resources of the AWS provider
stacks      resources of CloudFormation, by account    cloudformation   templates in YAML      cdk   stacks
"""

FORMATS = ("json", "cli", "terraform", "cloudformation", "cdk-python", "cdk-typescript")
"""The names that ``--as`` takes; who only reads arguments needs nothing else of this package."""
