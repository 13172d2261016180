"""What the embedded AWS keeps, and where: one database for all that is a row, files for what has megabytes.

database       connections, units that are in force whole or not at all, commits that writers share
schema         every table, with its version and the way from each version to the next (to_version_2)
opening        a home's database recognised, checked, led forward, or refused
snapshots      the state under names, and back to it; snapshot_files has what lies in their folders
blobs          layers, configurations and manifests as files, named by their digests
uploads        blobs that are still being written
clock          what time it is, and how dates are written
lab_clock      the lab's clock, which people move; every date comes from it
identifiers    ids and secrets in AWS's forms
world          the world at the first start, as data
settings       what can be chosen of it
timing         how long what takes time on AWS takes here
runtime        where the process is found
inventory      how much there is, and how large it is
log            what the process has to say, bounded
"""
