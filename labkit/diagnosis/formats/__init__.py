"""A fix, or a policy, in the language in which somebody keeps their infrastructure.

snippets    the table of forms that ``--as`` takes      notes            what is said before a change, in any form
shell       commands of the aws CLI                     quoting, yaml    data as literals of a language
resource    a change as a resource                      terraform        resources of the AWS provider
stacks      CloudFormation's resources, by account      cloudformation   templates      cdk   stacks of the CDK
"""
