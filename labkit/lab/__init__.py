"""The lab: two accounts and an organization behind AWS profiles, embedded or real; what was chosen, and who builds."""
