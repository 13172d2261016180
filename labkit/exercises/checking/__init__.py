"""What the checks of all notebooks share. A check looks at an answer and says why it does not hold yet.

verdict            what a check says
answers            a learner's policy, read
pulls              repository policies, decided for a list of pulls and for everybody else
identity_policies  identity policies, decided for every action of ECR
requesters         who everybody else is
mentions           what a policy mentions, of which they are made
"""
