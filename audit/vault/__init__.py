"""The privacy vault: what identifies a person, sealed per subject, so that forgetting somebody is forgetting one key.

Floors above keep a subject's name for it (an opaque string such as `destination:0192...`) and, where a proof is wanted, the
commitment that `store` gives back. Books, events and leaves hold neither the value nor anything that leads to it: when the key
is gone, the proofs still stand and nobody can say of whom.
"""
