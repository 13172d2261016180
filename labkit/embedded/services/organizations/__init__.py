"""AWS Organizations: units, accounts, and the policies that bind them.

operations     the table of operations                 permissions    what a call needs as permission
organization   made, described, left, deleted          units          the tree
accounts       members, made and moved                 policies       documents, made and changed
attachments    what is attached, which types are on    tags           of all of these
lookup         what a call names                       pages          lists in pages
shapes         rows in the API's shapes                errors         the sentences
"""
