"""Payloads that only the holder of a key can read, in logs that anybody can verify.

Each session has a data key of its own. Lines, blobs, report and audio are encrypted with it before
they reach the disk; the commitments stay over what was said, so no hash, no proof and no seal
changes. The data key is kept wrapped by a key that lies elsewhere (:mod:`.keyring`). Who has that
key reads the session as if it were not encrypted, and whoever destroys the data key has erased the
session wherever a copy of it may lie.
"""

from __future__ import annotations

from typing import Final

KEYRING_VARIABLE: Final = "EARWITNESS_KEYRING"
"""Describes the keyring that a store uses by itself; see :func:`.keyring.open_keyring`."""

KEY_FOLDER_VARIABLE: Final = "EARWITNESS_KEY_FOLDER"
"""Names the folder of a store's wrapped data keys, where that is not in the store."""

ENCRYPTED_SUFFIX: Final = ".enc"
"""What the name of an encrypted file ends with, behind its plain name."""
