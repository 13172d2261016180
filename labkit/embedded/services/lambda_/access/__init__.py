"""Who else may call a function: the resource policies of functions, versions and aliases."""
