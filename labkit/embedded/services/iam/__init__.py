"""AWS IAM: moto's users, roles, groups and policies, with labkit's access keys and the checks that moto leaves out."""
