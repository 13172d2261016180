"""What a repository policy lacks for a pull by Lambda: of itself, and for the functions of an account.

admissions   who is left out, in what stands there: notes, since it may be right for another purpose
probes       a made-up function and an administrator who creates it, of each account that the policy speaks of
asked        whether these get the image, decided as AWS would; whoever does not is an error
reasons      why a statement that names a party does not let it in, by the causes of a refused pull
"""
