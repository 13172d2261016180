"""What the lab does through boto3, on the embedded AWS and on real AWS alike.

    sessions       profiles to sessions, who is calling, assuming a role
    repositories   ECR repositories that carry the lab's tag, and their policies
    images         pushing and pulling an image through ECR's own layer API
    provenance     an image's index, as builders push it that add provenance
    roles          IAM roles that carry the lab's tag
    functions      Lambda functions that carry the lab's tag: create, wait, invoke, delete
    reading        the policies and the organization that a pull decision needs, read from an account

Nothing here knows whether AWS is embedded or real. What the lab makes carries the tag ``labkit``; what does not carry
it is never replaced or deleted.
"""
