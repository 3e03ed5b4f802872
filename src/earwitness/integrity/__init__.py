"""The seal, as pure functions named by their specifications: no clock, no files, no network.

=============  ===========================================================
merkle         RFC 6962 and RFC 9162, section 2: the tree and its proofs
note           C2SP signed-note: text with signatures under it
checkpoint     C2SP tlog-checkpoint: the signed note of a tree head
proof          C2SP tlog-proof: one event's evidence, in a file
cosignature    C2SP tlog-cosignature: a second party's timestamped signature
witness        C2SP tlog-witness: how that signature is asked for
encoding       base64, hashes and decimals, as strictly as those formats want
=============  ===========================================================
"""
