"""Can Lambda pull this image? The question, its decision, the policies that answer it, and who can do what.

    uri             ImageUri: the image, parsed once from the URI that CreateFunction takes
    function        FunctionRef: the function, parsed once from its name or ARN and the qualifier
    organization    where accounts stand: Organization with its units and accounts, Membership of one account
    question        PullQuestion: caller, function, image, policies and membership, as values; ``decide()``
    decision        PullDecision: the decisions of both sides, in words and as a tree of lines
    policies        the article's policies, and the statement that Lambda adds by itself
    stored_policy   how ECR writes a repository policy anew, and whether two texts are one policy to it
    admission       every account against every repository, without asking for every pair
    reach           what an account can do with a repository: create functions, pull, push
    widest          policies where nothing that is not known stands in the way, and the names that they know
    lifecycle       what a lifecycle policy does with the images of a repository
    regions         the regions of AWS's standard partition

A question holds all that its answer depends on. Whoever asks looks things up first (the embedded AWS in its own state,
the lab by boto3, an exercise in a table), so that nothing here reads, waits or changes anything, and one thing in a
question can be changed and asked again (``question.having(…).decide()``). Nothing else in the project decides a pull.
"""
