"""AWS Organizations: moto's units, accounts and policies, with the checks that moto leaves out."""
