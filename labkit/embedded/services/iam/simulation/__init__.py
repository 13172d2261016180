"""Simulation: what IAM would decide, asked of the same engine that decides real calls.

sources      the policies that take part, each with where it comes from
questions    requests, made of the parameters of a call
results      decisions in the shapes of IAM's API
operations   SimulatePrincipalPolicy, SimulateCustomPolicy, GetContextKeysFor…Policy

What AWS documents of it (IAM API Reference) holds here: nothing is called; policies of resources are not looked up, one
may be given; condition keys have a value only if one is given; service control policies take part, resource control
policies do not; a given resource policy cannot be simulated for roles.
"""
